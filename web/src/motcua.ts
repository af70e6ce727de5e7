// Everything here is a convenience: each page works without it.

import { createAll, Button, CharacterCount, ErrorSummary, NotificationBanner, SkipLink } from "govuk-frontend";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
for (const component of [Button, CharacterCount, ErrorSummary, NotificationBanner, SkipLink]) createAll(component);

const each = <E extends HTMLElement>(selector: string, fn: (e: E) => void) => document.querySelectorAll<E>(selector).forEach(fn);

// data-print: a button that prints; without scripts it stays hidden.
each<HTMLButtonElement>("[data-print]", (button) => {
	button.hidden = false;
	button.addEventListener("click", () => window.print());
});

// data-autofocus: the first field of a desk form, unless there are errors to read.
if (!document.querySelector(".govuk-error-summary")) document.querySelector<HTMLElement>("[data-autofocus]")?.focus();

// data-confirm on a form or a submit button: asks before posting.
document.addEventListener("submit", (event) => {
	const form = event.target as HTMLFormElement;
	const question = (event as SubmitEvent).submitter?.dataset.confirm ?? form.dataset.confirm;
	if (question && !window.confirm(question)) event.preventDefault();
});

// data-key="F2" or "alt+n": a link, button or field of the desk, reached from the keyboard.
// Letters count only with alt, so that speech input and typing are left alone.
document.addEventListener("keydown", (event) => {
	const key = (event.altKey ? "alt+" : "") + event.key.toLowerCase();
	if (event.ctrlKey || event.metaKey || (!event.altKey && !/^f\d+$/.test(key))) return;
	const target = document.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}" i]`);
	if (!target) return;
	event.preventDefault();
	if (target.matches("input, select, textarea")) target.focus();
	else target.click();
});

// data-scan: a field for a barcode reader, which types a code and Enter. What
// stands there is selected, so that the next code replaces it.
each<HTMLInputElement>("input[data-scan]", (input) => input.addEventListener("focus", () => input.select()));

// data-autosave="/address": posts the form as it stands, four seconds after the
// last change and when the page is left. The element [data-autosave-status]
// says so with its own words, data-saved and data-failed.
each<HTMLFormElement>("form[data-autosave]", (form) => {
	const status = form.querySelector<HTMLElement>("[data-autosave-status]");
	let timer = 0;
	let dirty = false;
	const save = async () => {
		window.clearTimeout(timer);
		if (!dirty) return;
		dirty = false;
		const body = new URLSearchParams();
		new FormData(form).forEach((value, name) => { if (typeof value === "string") body.append(name, value); });
		let saved = false;
		try {
			saved = (await fetch(form.dataset.autosave!, { method: "POST", body, keepalive: true, headers: { Accept: "application/json" } })).ok;
		} catch { /* offline: the next change tries again */ }
		if (!saved) dirty = true;
		if (status) status.textContent = (saved ? status.dataset.saved : status.dataset.failed) ?? "";
	};
	form.addEventListener("input", () => { dirty = true; window.clearTimeout(timer); timer = window.setTimeout(save, 4000); });
	form.addEventListener("submit", () => { dirty = false; window.clearTimeout(timer); });
	document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") void save(); });
});

// data-upload="/address": each chosen file is posted there on its own, so that
// one that fails takes no other along. The answer is JSON {name, size, href,
// remove}, or a problem whose errors[0].detail or title says why not.
each<HTMLElement>("[data-upload]", (box) => {
	const words = box.dataset;
	const input = box.querySelector<HTMLInputElement>("input[type=file]");
	const list = box.querySelector<HTMLUListElement>(".mc-files");
	const status = box.querySelector<HTMLElement>("[data-upload-status]");
	if (!words.upload || !input || !list) return;
	const say = (text: string) => { if (status) status.textContent = text; };

	const make = <K extends keyof HTMLElementTagNameMap>(tag: K, className: string, text = "") => {
		const e = document.createElement(tag);
		e.className = className;
		e.textContent = text;
		return e;
	};
	const button = (word: string, name: string, click: () => void) => {
		const b = make("button", "mc-file__button", word);
		b.type = "button";
		b.append(make("span", "govuk-visually-hidden", " " + name));
		b.addEventListener("click", click);
		return b;
	};

	const send = (file: File, item: HTMLLIElement) => {
		const bar = make("progress", "mc-file__progress");
		bar.max = 100;
		bar.setAttribute("aria-label", file.name);
		const state = make("span", "mc-file__state", words.sending);
		const request = new XMLHttpRequest();
		item.className = "mc-file";
		item.replaceChildren(make("span", "mc-file__name", file.name), state, bar, button(words.remove ?? "", file.name, () => { request.abort(); item.remove(); }));
		request.upload.addEventListener("progress", (p) => { if (p.lengthComputable) bar.value = (p.loaded / p.total) * 100; });
		const fail = (why?: string) => {
			item.className = "mc-file mc-file--failed";
			state.textContent = why || words.failed || "";
			bar.replaceWith(button(words.retry ?? "", file.name, () => send(file, item)));
			say(file.name + ": " + state.textContent);
		};
		request.addEventListener("error", () => fail());
		request.addEventListener("timeout", () => fail());
		request.addEventListener("load", () => {
			let answer: any = {};
			try { answer = JSON.parse(request.responseText); } catch { /* an error page */ }
			if (request.status < 200 || request.status > 299) return fail(answer.errors?.[0]?.detail ?? answer.title);
			state.textContent = [answer.size, words.done].filter(Boolean).join(" · ");
			say(file.name + ": " + words.done);
			const remove = item.querySelector("button");
			bar.remove();
			if (!remove) return;
			if (!answer.remove) return remove.remove();
			const b = make("button", "mc-file__button", words.remove);
			b.formAction = answer.remove;
			b.formMethod = "post";
			b.formNoValidate = true;
			b.append(make("span", "govuk-visually-hidden", " " + file.name));
			remove.replaceWith(b);
		});
		const body = new FormData();
		body.append(input.name, file, file.name);
		request.open("POST", words.upload!);
		request.setRequestHeader("Accept", "application/json");
		request.send(body);
	};

	input.addEventListener("change", () => {
		for (const file of Array.from(input.files ?? [])) {
			const item = make("li", "mc-file");
			list.append(item);
			send(file, item);
		}
		input.value = ""; // sent one by one: the form must not send them again
	});
});
