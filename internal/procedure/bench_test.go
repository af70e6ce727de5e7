package procedure_test

import (
	"fmt"
	"testing"

	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/procedure"
)

// BenchmarkCatalogue measures look-ups in a catalogue of a whole province.
func BenchmarkCatalogue(b *testing.B) {
	const procedures = 2000
	d := dbtest.SQLite(b)
	s, ctx := service(d, newClock()), b.Context()
	for i := range procedures {
		data := sample(b, `"1.000001"`, fmt.Sprintf(`"2.%06d"`, i), "Gia hạn giấy phép khoan giếng", fmt.Sprintf("Gia hạn giấy phép loại %d", i))
		if _, err := s.Publish(ctx, editor, data, day("2022-01-01")); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("AsOf", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.AsOf(ctx, "2.000777", day("2022-07-06")); err != nil {
				b.Fatal(err)
			}
		}
	})
	for name, f := range map[string]procedure.Filter{
		"List":         {},
		"SearchCommon": {Words: "giay phep"},
		"SearchRare":   {Words: "gia han 777"},
		"SearchUnit":   {Words: "giay phep", Unit: "so-tnmt.tnn", Level: procedure.Full},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				page, err := s.List(ctx, f)
				if err != nil || len(page.Versions) == 0 {
					b.Fatal(len(page.Versions), err)
				}
			}
		})
	}
}
