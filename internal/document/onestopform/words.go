package onestopform

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/motcua/motcua/internal/worktime"
)

// DraftMark stands on a paper that nobody signed yet (dự thảo).
const DraftMark = "DỰ THẢO – CHƯA KÝ"

// The ways in which a result is handed over (phương thức nhận kết quả).
const (
	AtTheDesk = "Bộ phận một cửa"
	ByPost    = "Bưu chính công ích"
	Online    = "Bản điện tử trên hệ thống"
)

// What became of the time a unit had (kết quả giải quyết).
const (
	Early  = "Trước hạn"
	OnTime = "Đúng hạn"
	Late   = "Quá hạn"
)

// The forms of a paper.
const (
	Original  = "Bản chính"
	Certified = "Bản sao chứng thực"
	Copied    = "Bản sao"
	Declared  = "Tờ khai điện tử"
)

// Term writes a time limit.
func Term(t worktime.Term) string {
	if t.Amount == 0 {
		if t.CutOff != 0 {
			return fmt.Sprintf("Trong ngày làm việc; hồ sơ nhận sau %s thì trong ngày làm việc tiếp theo", t.CutOff)
		}
		return "Trong ngày làm việc"
	}
	unit := "ngày làm việc"
	switch t.Unit {
	case worktime.WorkingHour:
		unit = "giờ làm việc"
	case worktime.Day:
		unit = "ngày"
	case worktime.Month:
		unit = "tháng"
	}
	return fmt.Sprintf("%d %s", t.Amount, unit)
}

// areas are the types of administrative units, as they stand in names.
var areas = []string{"tỉnh", "thành phố", "huyện", "quận", "thị xã", "thị trấn", "phường", "đặc khu", "xã"}

// Place returns the place name (địa danh) of an agency's papers: the name of the
// area that its committee governs (decree 30/2020, appendix I), or "".
func Place(committee string) string {
	for _, a := range areas {
		if _, place, ok := strings.Cut(committee, " "+a+" "); ok {
			return place
		}
	}
	return ""
}

// Abbreviation returns the short form of an agency's name for the symbol of its
// papers: STNMT for Sở Tài nguyên và Môi trường tỉnh Bà Rịa – Vũng Tàu.
func Abbreviation(agency string) string {
	for _, a := range areas {
		if i := strings.Index(agency+" ", " "+a+" "); i > 0 {
			agency = agency[:i]
		}
	}
	var short strings.Builder
	for _, w := range strings.Fields(agency) {
		if r := []rune(w)[0]; w != "và" && unicode.IsLetter(r) {
			short.WriteRune(unicode.ToUpper(r))
		}
	}
	return short.String()
}

// HeadOf returns the title of the head of an agency: Chủ tịch of a committee,
// Trưởng phòng of a division, otherwise Giám đốc.
func HeadOf(agency string) string {
	switch first, _, _ := strings.Cut(strings.ToLower(agency), " "); {
	case strings.HasPrefix(strings.ToLower(agency), "ủy ban nhân dân"):
		return "CHỦ TỊCH"
	case strings.HasPrefix(strings.ToLower(agency), "chi cục"):
		return "CHI CỤC TRƯỞNG"
	case first == "phòng":
		return "TRƯỞNG PHÒNG"
	}
	return "GIÁM ĐỐC"
}
