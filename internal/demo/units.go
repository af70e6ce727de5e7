package demo

import (
	"context"
	"fmt"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/orgunit"
	"github.com/motcua/motcua/internal/worktime"
)

var zone = worktime.Zone

// unit is a line of the table of units.
type unit struct {
	code, parent string
	kind         orgunit.Kind
	name, en     string
}

// units of the demonstration: the districts of 2022 and the agencies that take
// part. The codes of areas are the statistics office's.
var units = []unit{
	{"77", "", orgunit.Province, "Tỉnh Bà Rịa – Vũng Tàu", "Bà Rịa – Vũng Tàu province"},
	{"747", "77", orgunit.District, "Thành phố Vũng Tàu", "Vũng Tàu city"},
	{"748", "77", orgunit.District, "Thành phố Bà Rịa", "Bà Rịa city"},
	{"750", "77", orgunit.District, "Huyện Châu Đức", "Châu Đức district"},
	{"751", "77", orgunit.District, "Huyện Xuyên Mộc", "Xuyên Mộc district"},
	{"752", "77", orgunit.District, "Huyện Long Điền", "Long Điền district"},
	{"753", "77", orgunit.District, "Huyện Đất Đỏ", "Đất Đỏ district"},
	{"754", "77", orgunit.District, "Thị xã Phú Mỹ", "Phú Mỹ town"},
	{"755", "77", orgunit.District, "Huyện Côn Đảo", "Côn Đảo district"},

	{"ubnd-tinh", "", orgunit.Committee, "Ủy ban nhân dân tỉnh Bà Rịa – Vũng Tàu", "People’s Committee of Bà Rịa – Vũng Tàu province"},
	{"so-tnmt", "ubnd-tinh", orgunit.Department, "Sở Tài nguyên và Môi trường tỉnh Bà Rịa – Vũng Tàu", "Department of Natural Resources and Environment"},
	{"so-tnmt.mot-cua", "so-tnmt", orgunit.Desk, "Bộ phận một cửa Sở Tài nguyên và Môi trường", "One-stop desk of the Department"},
	{"so-tnmt.tnn", "so-tnmt", orgunit.Division, "Phòng Tài nguyên nước và Khoáng sản", "Water and Minerals Division"},
	{"so-tnmt.mt", "so-tnmt", orgunit.Division, "Chi cục Bảo vệ môi trường", "Environmental Protection Office"},
	{"so-tnmt.dd", "so-tnmt", orgunit.Division, "Phòng Quản lý đất đai", "Land Management Division"},
	{"so-tnmt.bien", "so-tnmt", orgunit.Division, "Chi cục Biển và Hải đảo", "Sea and Islands Office"},
	{"so-tnmt.vp", "so-tnmt", orgunit.Division, "Văn phòng Sở Tài nguyên và Môi trường", "Office of the Department"},
	{"vpdk", "so-tnmt", orgunit.LandOffice, "Văn phòng đăng ký đất đai tỉnh", "Provincial Land Registration Office"},
	{"vpdk.vung-tau", "vpdk", orgunit.Branch, "Chi nhánh Văn phòng đăng ký đất đai thành phố Vũng Tàu", "Land Registration Office, Vũng Tàu branch"},
	{"vpdk.ba-ria", "vpdk", orgunit.Branch, "Chi nhánh Văn phòng đăng ký đất đai thành phố Bà Rịa", "Land Registration Office, Bà Rịa branch"},
	{"vpdk.phu-my", "vpdk", orgunit.Branch, "Chi nhánh Văn phòng đăng ký đất đai thị xã Phú Mỹ", "Land Registration Office, Phú Mỹ branch"},
	{"vpdk.chau-duc", "vpdk", orgunit.Branch, "Chi nhánh Văn phòng đăng ký đất đai huyện Châu Đức", "Land Registration Office, Châu Đức branch"},
	{"vpdk.long-dien", "vpdk", orgunit.Branch, "Chi nhánh Văn phòng đăng ký đất đai huyện Long Điền", "Land Registration Office, Long Điền branch"},
	{"vpdk.dat-do", "vpdk", orgunit.Branch, "Chi nhánh Văn phòng đăng ký đất đai huyện Đất Đỏ", "Land Registration Office, Đất Đỏ branch"},
	{"vpdk.xuyen-moc", "vpdk", orgunit.Branch, "Chi nhánh Văn phòng đăng ký đất đai huyện Xuyên Mộc", "Land Registration Office, Xuyên Mộc branch"},
	{"vpdk.con-dao", "vpdk", orgunit.Branch, "Chi nhánh Văn phòng đăng ký đất đai huyện Côn Đảo", "Land Registration Office, Côn Đảo branch"},
	{"cuc-thue", "", orgunit.Agency, "Cục Thuế tỉnh Bà Rịa – Vũng Tàu", "Provincial Tax Department"},
}

// branches are the land registration offices of the districts, by the name the
// forms give a district.
var branches = []string{"vung-tau", "ba-ria", "phu-my", "chau-duc", "long-dien", "dat-do", "xuyen-moc", "con-dao"}

func (p *province) units(ctx context.Context) error {
	from := worktime.NewDate(2022, 1, 1)
	for _, u := range units {
		err := p.Units.Establish(ctx, actor.System(), orgunit.Unit{
			Code: u.code, From: from, Kind: u.kind, Parent: u.parent, Name: u.name, NameEN: u.en, Document: "dữ liệu mẫu",
		})
		if err != nil {
			return fmt.Errorf("unit %s: %w", u.code, err)
		}
	}
	// Where citizens file, dossiers are numbered. The second part is the desk's.
	for code, prefix := range templates() {
		if err := p.Dossiers.SetTemplate(ctx, actor.System(), code, prefix+"-{yymmdd}-{nnnn}", from); err != nil {
			return fmt.Errorf("codes of %s: %w", code, err)
		}
	}
	p.say("%d units established", len(units))
	return nil
}

// templates gives each receiving unit its part of the dossier code; H06 is the
// province.
func templates() map[string]string {
	all := map[string]string{"so-tnmt.mot-cua": "000.00.12.H06"}
	for i, b := range branches {
		all["vpdk."+b] = fmt.Sprintf("000.%02d.12.H06", i+1)
	}
	return all
}
