package worktime

import (
	"fmt"
	"slices"
	"time"
)

// The names of the days.
const (
	newYear      Word = "worktime.day.new-year"
	newYearOff   Word = "worktime.day.new-year-off"
	tet          Word = "worktime.day.tet"
	tetOff       Word = "worktime.day.tet-off"
	hungKings    Word = "worktime.day.hung-kings"
	hungKingsOff Word = "worktime.day.hung-kings-off"
	victory      Word = "worktime.day.victory"
	victoryOff   Word = "worktime.day.victory-off"
	labour       Word = "worktime.day.labour"
	labourOff    Word = "worktime.day.labour-off"
	national     Word = "worktime.day.national"
	nationalOff  Word = "worktime.day.national-off"
	swapOff      Word = "worktime.day.swap-off"
	swapWork     Word = "worktime.day.swap-work"
	culture      Word = "worktime.day.culture"
)

// The documents that fixed them.
const (
	labourCode      = "Bộ luật Lao động 2019, Điều 111, 112"
	notice2023      = "8056/VPCP-KGVX, 01/12/2022"
	swap2024        = "2450/VPCP-KGVX, 12/04/2024"
	swap2025        = "TB 6150/TB-BLĐTBXH và 8726/VPCP-KGVX, 2024"
	notice2026      = "Văn phòng Chính phủ, 13/10/2025"
	swapNewYear2026 = "12729/VPCP-KGVX, 25/12/2025"
	cultureDay      = "80-NQ/TW, 07/01/2026 và 30/NQ-CP, 02/2026; chưa xác minh việc sửa Điều 112 cho năm 2026"
)

func holiday(y int, m time.Month, d int, name Word, source string) Exception {
	return Exception{NewDate(y, m, d), name, Holiday, source, High, Everybody, Date{}}
}

func inLieu(y int, m time.Month, d int, name Word, source string, of Date) Exception {
	return Exception{NewDate(y, m, d), name, CompensatoryOff, source, High, Everybody, of}
}

func swap(y int, m time.Month, d int, kind Kind, name Word, source string, with Date) Exception {
	return Exception{NewDate(y, m, d), name, kind, source, High, PublicServants, with}
}

// facts is every day from 2022 to 2026 that differs from the week's pattern.
var facts = []Exception{
	holiday(2022, 1, 1, newYear, labourCode),
	inLieu(2022, 1, 3, newYearOff, labourCode, NewDate(2022, 1, 1)),
	holiday(2022, 1, 31, tet, labourCode),
	holiday(2022, 2, 1, tet, labourCode),
	holiday(2022, 2, 2, tet, labourCode),
	holiday(2022, 2, 3, tet, labourCode),
	holiday(2022, 2, 4, tet, labourCode),
	holiday(2022, 4, 10, hungKings, labourCode),
	inLieu(2022, 4, 11, hungKingsOff, labourCode, NewDate(2022, 4, 10)),
	holiday(2022, 4, 30, victory, labourCode),
	holiday(2022, 5, 1, labour, labourCode),
	inLieu(2022, 5, 2, victoryOff, labourCode, NewDate(2022, 4, 30)),
	inLieu(2022, 5, 3, labourOff, labourCode, NewDate(2022, 5, 1)),
	holiday(2022, 9, 1, national, labourCode),
	holiday(2022, 9, 2, national, labourCode),

	holiday(2023, 1, 1, newYear, notice2023),
	inLieu(2023, 1, 2, newYearOff, notice2023, NewDate(2023, 1, 1)),
	inLieu(2023, 1, 20, tetOff, notice2023, NewDate(2023, 1, 21)),
	holiday(2023, 1, 21, tet, notice2023),
	holiday(2023, 1, 22, tet, notice2023),
	holiday(2023, 1, 23, tet, notice2023),
	holiday(2023, 1, 24, tet, notice2023),
	holiday(2023, 1, 25, tet, notice2023),
	inLieu(2023, 1, 26, tetOff, notice2023, NewDate(2023, 1, 22)),
	holiday(2023, 4, 29, hungKings, labourCode),
	holiday(2023, 4, 30, victory, labourCode),
	holiday(2023, 5, 1, labour, labourCode),
	inLieu(2023, 5, 2, hungKingsOff, labourCode, NewDate(2023, 4, 29)),
	inLieu(2023, 5, 3, victoryOff, labourCode, NewDate(2023, 4, 30)),
	holiday(2023, 9, 1, national, notice2023),
	holiday(2023, 9, 2, national, notice2023),
	inLieu(2023, 9, 4, nationalOff, notice2023, NewDate(2023, 9, 2)),

	holiday(2024, 1, 1, newYear, labourCode),
	inLieu(2024, 2, 8, tetOff, labourCode, NewDate(2024, 2, 10)),
	holiday(2024, 2, 9, tet, labourCode),
	holiday(2024, 2, 10, tet, labourCode),
	holiday(2024, 2, 11, tet, labourCode),
	holiday(2024, 2, 12, tet, labourCode),
	holiday(2024, 2, 13, tet, labourCode),
	inLieu(2024, 2, 14, tetOff, labourCode, NewDate(2024, 2, 11)),
	holiday(2024, 4, 18, hungKings, labourCode),
	swap(2024, 4, 29, CompensatoryOff, swapOff, swap2024, NewDate(2024, 5, 4)),
	holiday(2024, 4, 30, victory, labourCode),
	holiday(2024, 5, 1, labour, labourCode),
	swap(2024, 5, 4, WorkingSaturday, swapWork, swap2024, NewDate(2024, 4, 29)),
	holiday(2024, 9, 2, national, labourCode),
	holiday(2024, 9, 3, national, labourCode),

	holiday(2025, 1, 1, newYear, labourCode),
	inLieu(2025, 1, 27, tetOff, labourCode, NewDate(2025, 2, 1)),
	holiday(2025, 1, 28, tet, labourCode),
	holiday(2025, 1, 29, tet, labourCode),
	holiday(2025, 1, 30, tet, labourCode),
	holiday(2025, 1, 31, tet, labourCode),
	holiday(2025, 2, 1, tet, labourCode),
	holiday(2025, 4, 7, hungKings, labourCode),
	swap(2025, 4, 26, WorkingSaturday, swapWork, swap2025, NewDate(2025, 5, 2)),
	holiday(2025, 4, 30, victory, labourCode),
	holiday(2025, 5, 1, labour, labourCode),
	swap(2025, 5, 2, CompensatoryOff, swapOff, swap2025, NewDate(2025, 4, 26)),
	holiday(2025, 9, 1, national, labourCode),
	holiday(2025, 9, 2, national, labourCode),

	holiday(2026, 1, 1, newYear, swapNewYear2026),
	swap(2026, 1, 2, CompensatoryOff, swapOff, swapNewYear2026, NewDate(2026, 1, 10)),
	swap(2026, 1, 10, WorkingSaturday, swapWork, swapNewYear2026, NewDate(2026, 1, 2)),
	holiday(2026, 2, 16, tet, notice2026),
	holiday(2026, 2, 17, tet, notice2026),
	holiday(2026, 2, 18, tet, notice2026),
	holiday(2026, 2, 19, tet, notice2026),
	holiday(2026, 2, 20, tet, notice2026),
	holiday(2026, 4, 26, hungKings, labourCode),
	inLieu(2026, 4, 27, hungKingsOff, labourCode, NewDate(2026, 4, 26)),
	holiday(2026, 4, 30, victory, labourCode),
	holiday(2026, 5, 1, labour, labourCode),
	swap(2026, 8, 22, WorkingSaturday, swapWork, notice2026, NewDate(2026, 8, 31)),
	swap(2026, 8, 31, CompensatoryOff, swapOff, notice2026, NewDate(2026, 8, 22)),
	holiday(2026, 9, 1, national, notice2026),
	holiday(2026, 9, 2, national, notice2026),
	{Date: NewDate(2026, 11, 24), Name: culture, Kind: Holiday, Source: cultureDay, Confidence: Low, Scope: Everybody},
}

// Default is the calendar of a Vietnamese public office for 2022 to 2026:
// Saturday and Sunday off, 07:30–11:30 and 13:00–17:00, no cut-off. It is what
// an administrator's own calendar starts from.
func Default() Spec {
	return Spec{
		Version:    "vn-2022-2026",
		FirstYear:  2022,
		LastYear:   2026,
		RestDays:   []time.Weekday{time.Saturday, time.Sunday},
		Hours:      []Span{{At(7, 30), At(11, 30)}, {At(13, 0), At(17, 0)}},
		Exceptions: slices.Clone(facts),
	}
}

// Vietnam is the calendar of [Default].
var Vietnam = func() Calendar {
	c, err := New(Default())
	if err != nil {
		panic(fmt.Sprintf("worktime: %v", err))
	}
	return c
}()
