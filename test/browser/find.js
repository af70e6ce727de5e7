// Finds what a person means by the words they read, inside this page.
(function (kind, words) {
	const clean = (s) => (s || "").replace(/\s+/g, " ").trim();
	const want = clean(words);
	const visible = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden";
	const name = (e) => clean(e.getAttribute("aria-label") || e.innerText || e.value || e.alt);
	// The words themselves win over a longer text that begins with them, that over one that holds them.
	const pick = (all, text) =>
		all.find((e) => text(e) === want) || all.find((e) => text(e).startsWith(want)) || all.find((e) => text(e).includes(want)) || null;
	const labelled = (selector) => {
		const controls = [...document.querySelectorAll(selector)];
		return pick(controls, (e) => clean([...(e.labels || [])].map((l) => l.textContent).join(" ") || e.getAttribute("aria-label")));
	};
	switch (kind) {
	case "click":
		return pick([...document.querySelectorAll("a[href], button, summary, label, input[type=submit], [role=button], [role=tab]")].filter(visible), name);
	case "fill":
		return labelled("input:not([type=hidden]):not([type=radio]):not([type=checkbox]):not([type=file]), textarea");
	case "select":
		return labelled("select");
	case "choose":
		return labelled("input[type=radio], input[type=checkbox]");
	case "upload":
		return labelled("input[type=file]");
	}
	throw new Error("unknown kind " + kind);
})
