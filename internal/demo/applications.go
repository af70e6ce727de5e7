package demo

import (
	"fmt"
	"math/rand/v2"

	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/rule"
	"github.com/motcua/motcua/internal/worktime"
)

// The three procedures that the story goes all the way through.
const (
	transfer    procedure.Code = "1.013831"
	release     procedure.Code = "1.011443"
	groundwater procedure.Code = "DVC-205631"
)

// application invents the i-th application, filed on a day.
func (p *province) application(i int, chance *rand.Rand, day worktime.Date) application {
	branch := branches[chance.IntN(len(branches)-1)] // few dossiers come from Côn Đảo
	a := application{desk: "vpdk." + branch, kind: procedure.Individual}
	people := len(p.citizens) - len(firms)
	a.who = p.citizens[chance.IntN(people)]
	if i%9 == 0 {
		a.who = p.citizens[0] // the farmer whom a stranger signs in as has something to see
	}
	switch pick := chance.IntN(10); {
	case pick < 4:
		a.procedure, a.answers = transfer, transferAnswers(chance, a.who, branch, day)
	case pick < 8:
		a.procedure, a.answers = release, releaseAnswers(chance, branch, day)
		if chance.IntN(3) == 0 {
			a.who, a.kind = p.citizens[people+5+chance.IntN(2)], procedure.Organisation
		}
	default:
		a.procedure, a.answers, a.desk = groundwater, groundwaterAnswers(chance, branch, day), "so-tnmt.mot-cua"
		a.who, a.kind = p.citizens[people+chance.IntN(5)], procedure.Organisation
	}
	a.online = a.who.actor.Known() && chance.IntN(3) > 0
	return a
}

// said turns a table of answers into what a form takes.
func said(table map[string]any) form.Answers {
	answers := form.Answers{}
	for name, v := range table {
		switch v := v.(type) {
		case string:
			answers[name] = rule.OfText(v)
		case int:
			answers[name] = rule.OfInt(int64(v))
		case []string:
			answers[name] = rule.OfList(v...)
		case bool:
			answers[name] = rule.OfBool(v)
		}
	}
	return answers
}

func pick(chance *rand.Rand, from ...string) string { return from[chance.IntN(len(from))] }

func transferAnswers(chance *rand.Rand, who citizen, district string, day worktime.Date) form.Answers {
	return said(map[string]any{
		"hinh_thuc": "chuyen_nhuong", "nguoi_nop": "ben_nhan", "nhan_ten": who.name, "nhan_giay_to": "cccd",
		"nhan_cccd": fmt.Sprintf("0771%08d", chance.IntN(100_000_000)), "nhan_dia_chi": pick(chance, places...),
		"giao_ten":      pick(chance, families...) + " " + pick(chance, middles...) + " " + pick(chance, givens...),
		"ngay_hop_dong": day.AddDays(-3 - chance.IntN(20)).String(), "gia": (300 + chance.IntN(4000)) * 1_000_000,
		"huyen": district, "xa": pick(chance, places...), "to_ban_do": 1 + chance.IntN(90), "so_thua": 1 + chance.IntN(2000),
		"dien_tich": 60 + chance.IntN(900), "tai_san": []string{"nha_o"}, "so_phat_hanh": fmt.Sprintf("CS %06d", chance.IntN(1_000_000)),
		"so_vao_so": fmt.Sprintf("CH %05d", chance.IntN(100_000)), "the_chap": "khong", "cam_ket": true,
	})
}

func releaseAnswers(chance *rand.Rand, district string, day worktime.Date) form.Answers {
	return said(map[string]any{
		"nguoi_nop": "ben_vay", "can_cu": "het_no", "ngan_hang": firms[5], "so_hop_dong": fmt.Sprintf("%03d/2019/HĐTC", chance.IntN(1000)),
		"ngay_hop_dong": day.AddDays(-900 - chance.IntN(300)).String(), "ngay_dang_ky": day.AddDays(-890).String(),
		"tai_san": pick(chance, "dat", "ca_hai"), "pham_vi": "toan_bo", "huyen": district, "to_ban_do": 1 + chance.IntN(90),
		"so_thua": 1 + chance.IntN(2000), "so_phat_hanh": fmt.Sprintf("BT %06d", chance.IntN(1_000_000)), "cam_ket": true,
	})
}

func groundwaterAnswers(chance *rand.Rand, district string, day worktime.Date) form.Answers {
	return said(map[string]any{
		"yeu_cau": "gia_han", "so_giay_phep": fmt.Sprintf("%d/GP-STNMT", 1+chance.IntN(120)),
		"ngay_cap": day.AddDays(-1700).String(), "ngay_het_han": day.AddDays(100 + chance.IntN(80)).String(),
		"so_gieng": 1 + chance.IntN(6), "luu_luong": 40 + chance.IntN(900), "do_sau": 30 + chance.IntN(90),
		"muc_dich": pick(chance, "san_xuat", "kinh_doanh", "chan_nuoi"), "huyen": district, "dia_diem": pick(chance, places...), "cam_ket": true,
	})
}
