package i18n

import (
	"embed"
	"strconv"
	"strings"
	"time"
)

//go:embed messages
var files embed.FS

// words are the package's own messages: month names, units and patterns. They
// are compiled in, so a fault in them is a fault in the build.
var words = func() *Bundle {
	b, err := Load(files)
	if err != nil {
		panic(err)
	}
	return b
}()

// zone is Vietnamese time, which has had no other offset since 1975.
var zone = time.FixedZone("+07", 7*60*60)

// t fills in one of the package's own patterns.
func (l Lang) t(key string, args ...any) string { return words.T(l, "i18n."+key, args...) }

// Date writes the day of t: 21/07/2022, 21 July 2022. The zero time is empty.
func (l Lang) Date(t time.Time) string { return l.moment("date", t) }

// LongDate writes the day of t as official papers do: ngày 21 tháng 7 năm 2022.
func (l Lang) LongDate(t time.Time) string { return l.moment("date.long", t) }

// Month writes the month of t: tháng 7/2022, July 2022.
func (l Lang) Month(t time.Time) string { return l.moment("month", t) }

// Time writes the time of day: 17:00.
func (l Lang) Time(t time.Time) string { return l.moment("time", t) }

// LongMoment writes t as official papers do: 17 giờ 00 phút, ngày 21 tháng 7 năm
// 2022; 17:00 on 21 July 2022.
func (l Lang) LongMoment(t time.Time) string { return l.moment("moment.long", t) }

// Moment writes t for lists: 17:00, 21/07/2022.
func (l Lang) Moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return l.t("moment", "time", l.Time(t), "date", l.Date(t))
}

// Weekday writes the name of t's day: thứ Năm, Thursday.
func (l Lang) Weekday(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return l.t("day." + strconv.Itoa(int(t.In(zone).Weekday())))
}

// WeekdayDate writes day and date: thứ Năm, 21/07/2022.
func (l Lang) WeekdayDate(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return l.t("weekday", "weekday", l.Weekday(t), "date", l.Date(t))
}

// moment fills in a pattern of t's parts.
func (l Lang) moment(key string, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(zone)
	day, month := strconv.Itoa(t.Day()), l.t("month."+strconv.Itoa(int(t.Month())))
	if l == Vi && key == "date" { // figures stand in columns, so they are padded
		day, month = t.Format("02"), t.Format("01")
	}
	return l.t(key,
		"day", day, "month", month, "year", t.Format("2006"),
		"hour", t.Format("15"), "minute", t.Format("04"))
}

// Number writes n with its thousands apart: 1.234.567, 1,234,567.
func (l Lang) Number(n int64) string {
	return l.group(strconv.FormatInt(n, 10))
}

// Decimal writes f with at most the given number of decimals: 1.234,5; 1,234.5.
func (l Lang) Decimal(f float64, decimals int) string {
	whole, fraction, _ := strings.Cut(strconv.FormatFloat(f, 'f', decimals, 64), ".")
	fraction = strings.TrimRight(fraction, "0")
	if fraction == "" {
		if whole == "-0" {
			return "0"
		}
		return l.group(whole)
	}
	_, point := l.separators()
	return l.group(whole) + point + fraction
}

// Percent writes a share of one: 0.125 is 12,5 %, 12.5%.
func (l Lang) Percent(share float64) string {
	return l.Decimal(share*100, 1) + "%"
}

// Dong writes an amount of Vietnamese money: 1.000.000 đồng, VND 1,000,000.
func (l Lang) Dong(n int64) string { return l.t("dong", "amount", l.Number(n)) }

// Size writes the size of a file, to one decimal: 1,2 MB.
func (l Lang) Size(bytes int64) string {
	const k = 1024
	switch {
	case bytes < k:
		return l.t("size.b", "count", bytes)
	case bytes < k*k:
		return l.t("size.kb", "n", l.Decimal(float64(bytes)/k, 0))
	case bytes < k*k*k:
		return l.t("size.mb", "n", l.Decimal(float64(bytes)/(k*k), 1))
	}
	return l.t("size.gb", "n", l.Decimal(float64(bytes)/(k*k*k), 1))
}

// Working writes a length of working time in days of the given length, at most
// two units: with days of eight hours, 20h is 2 ngày làm việc và 4 giờ làm việc.
func (l Lang) Working(d, day time.Duration) string {
	var parts []string
	add := func(key string, unit time.Duration) {
		if n := d / unit; n > 0 {
			parts = append(parts, l.t(key, "count", int64(n)))
			d -= n * unit
		}
	}
	add("work.days", day)
	add("work.hours", time.Hour)
	if len(parts) < 2 {
		add("work.minutes", time.Minute)
	}
	if len(parts) == 0 {
		return l.t("work.minutes", "count", 0)
	}
	return l.List(parts)
}

// List writes items as a sentence does: a, b và c.
func (l Lang) List(items []string) string {
	switch len(items) {
	case 0:
		return ""
	case 1:
		return items[0]
	}
	last := len(items) - 1
	return l.t("list.and", "first", strings.Join(items[:last], ", "), "last", items[last])
}

// separators returns the thousands separator and the decimal point.
func (l Lang) separators() (group, point string) {
	if l == En {
		return ",", "."
	}
	return ".", ","
}

// group sets thousands apart in a whole number.
func (l Lang) group(digits string) string {
	sign := ""
	if rest, negative := strings.CutPrefix(digits, "-"); negative {
		sign, digits = "−", rest
	}
	sep, _ := l.separators()
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + sep + digits[i:]
	}
	return sign + digits
}
