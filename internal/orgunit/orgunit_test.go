package orgunit_test

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/orgunit"
	"github.com/motcua/motcua/internal/worktime"
)

var keeper = actor.System()

func now() time.Time { return time.Date(2025, 7, 2, 2, 0, 0, 0, time.UTC) }

func service(d *db.DB) *orgunit.Service {
	return orgunit.NewService(d, event.New(d, nil, nil, now), now)
}

func day(s string) worktime.Date {
	d, err := worktime.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func establish(t *testing.T, s *orgunit.Service, units ...orgunit.Unit) {
	t.Helper()
	for _, u := range units {
		if err := s.Establish(t.Context(), keeper, u); err != nil {
			t.Fatalf("establish %s: %v", u.Code, err)
		}
	}
}

func codes(units []orgunit.Unit) []string {
	var all []string
	for _, u := range units {
		all = append(all, u.Code)
	}
	return all
}

// TestReorganisation moves one department through the reform of 2025: the
// district level goes, and a code comes back with another meaning.
func TestReorganisation(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := service(d)
		old, reform := day("2004-01-01"), day("2025-07-01")
		establish(t, s,
			orgunit.Unit{Code: "77", From: old, Kind: orgunit.Province, Name: "Tỉnh Bà Rịa - Vũng Tàu"},
			orgunit.Unit{Code: "79", From: old, Kind: orgunit.Province, Name: "Thành phố Hồ Chí Minh"},
			orgunit.Unit{Code: "747", From: old, Kind: orgunit.District, Parent: "77", Name: "Thành phố Vũng Tàu"},
			orgunit.Unit{Code: "26506", From: old, Kind: orgunit.Commune, Parent: "747", Name: "Phường 1"},
			orgunit.Unit{Code: "26508", From: old, Kind: orgunit.Commune, Parent: "747", Name: "Phường Thắng Tam"},
		)
		err := s.Abolish(t.Context(), keeper, "747", reform, nil)
		if errs.KindOf(err) != errs.Invalid {
			t.Fatalf("abolished a district with wards below it: %v", err)
		}
		establish(t, s, orgunit.Unit{Code: "26506", From: reform, Kind: orgunit.Commune, Parent: "79", Name: "Phường Vũng Tàu", NameEN: "Vung Tau Ward"})
		heir := []orgunit.Heir{{Code: "26506", Whole: true}}
		if err := s.Abolish(t.Context(), keeper, "26508", reform, heir); err != nil {
			t.Fatal(err)
		}
		if err := s.Abolish(t.Context(), keeper, "747", reform, nil); err != nil {
			t.Fatal(err)
		}

		for _, tt := range []struct {
			code, on, want string
		}{
			{"26506", "2025-06-30", "Phường 1"},
			{"26506", "2025-07-01", "Phường Vũng Tàu"},
			{"747", "2025-06-30", "Thành phố Vũng Tàu"},
			{"747", "2025-07-01", ""},
			{"26506", "2003-12-31", ""},
		} {
			u, err := s.Get(t.Context(), tt.code, day(tt.on))
			if tt.want == "" && errs.KindOf(err) == errs.NotFound {
				continue
			}
			if err != nil || u.Name != tt.want {
				t.Errorf("%s on %s = %q, %v; want %q", tt.code, tt.on, u.Name, err, tt.want)
			}
		}

		before, err := s.Subtree(t.Context(), "77", day("2025-06-30"))
		if err != nil {
			t.Fatal(err)
		}
		got := codes(before)
		slices.Sort(got)
		if diff := cmp.Diff([]string{"26506", "26508", "747", "77"}, got); diff != "" {
			t.Errorf("province 77 before the reform (-want +got):\n%s", diff)
		}
		path, err := s.Path(t.Context(), "26506", reform)
		if diff := cmp.Diff([]string{"79", "26506"}, codes(path)); err != nil || diff != "" {
			t.Errorf("path after the reform: %v (-want +got):\n%s", err, diff)
		}
		ward, err := s.Get(t.Context(), "26506", reform)
		if err != nil {
			t.Fatal(err)
		}
		from, err := s.Predecessors(t.Context(), ward)
		want := []orgunit.Successor{{Code: "26508", From: old, Next: "26506", Since: reform, Whole: true}}
		if diff := cmp.Diff(want, from); err != nil || diff != "" {
			t.Errorf("what the ward was made of: %v (-want +got):\n%s", err, diff)
		}
		ever, err := s.Periods(t.Context(), "26506")
		if err != nil || len(ever) != 2 || ever[0].To != reform {
			t.Errorf("periods of 26506 = %+v, %v", ever, err)
		}
	})
}

func TestEstablishRefuses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := service(d)
		from := day("2022-01-01")
		establish(t, s,
			orgunit.Unit{Code: "STNMT", From: from, Kind: orgunit.Department, Name: "Sở Tài nguyên và Môi trường"},
			orgunit.Unit{Code: "VPDK", From: from, Kind: orgunit.LandOffice, Parent: "STNMT", Name: "Văn phòng đăng ký đất đai"},
		)
		for _, tt := range []struct {
			name  string
			unit  orgunit.Unit
			field string
		}{
			{"no name", orgunit.Unit{Code: "X", From: from, Kind: orgunit.Division}, "name"},
			{"no day", orgunit.Unit{Code: "X", Kind: orgunit.Division, Name: "x"}, "from"},
			{"no such kind", orgunit.Unit{Code: "X", From: from, Kind: "team", Name: "x"}, "kind"},
			{"a bad code", orgunit.Unit{Code: "Phòng 1", From: from, Kind: orgunit.Division, Name: "x"}, "code"},
			{"an unknown parent", orgunit.Unit{Code: "X", From: from, Kind: orgunit.Division, Name: "x", Parent: "none"}, "parent"},
			{"a parent that begins later", orgunit.Unit{Code: "X", From: day("2021-12-31"), Kind: orgunit.Division, Name: "x", Parent: "STNMT"}, "parent"},
			{"a circle", orgunit.Unit{Code: "STNMT", From: day("2023-01-01"), Kind: orgunit.Department, Name: "Sở", Parent: "VPDK"}, "parent"},
			{"another meaning from the same day", orgunit.Unit{Code: "VPDK", From: from, Kind: orgunit.Division, Name: "x"}, "code"},
			{"over what is known", orgunit.Unit{Code: "VPDK", From: day("2021-01-01"), Kind: orgunit.Division, Name: "x"}, "from"},
		} {
			err := s.Establish(t.Context(), keeper, tt.unit)
			e, ok := errors.AsType[*errs.Error](err)
			if !ok || e.Kind != errs.Invalid || e.Fields[tt.field].Key == "" {
				t.Errorf("%s: %v, want a fault of %s", tt.name, err, tt.field)
			}
		}
		stranger := actor.Actor{ID: "an", Grants: []actor.Grant{{Role: actor.CaseOfficer, Units: []string{"STNMT"}}}}
		if err := s.Establish(t.Context(), stranger, orgunit.Unit{}); errs.KindOf(err) != errs.Forbidden {
			t.Errorf("a case officer establishes a unit: %v", err)
		}
		if err := s.Abolish(t.Context(), stranger, "VPDK", from, nil); errs.KindOf(err) != errs.Forbidden {
			t.Errorf("a case officer abolishes a unit: %v", err)
		}
	})
}

func TestSearch(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := service(d)
		from := day("2022-01-01")
		establish(t, s,
			orgunit.Unit{Code: "A", From: from, Kind: orgunit.Commune, Name: "Xã Hoà Long"},
			orgunit.Unit{Code: "B", From: from, Kind: orgunit.Commune, Name: "Xã Đá Bạc"},
			orgunit.Unit{Code: "C", From: from, Kind: orgunit.Branch, Name: "Chi nhánh Đất Đỏ"},
		)
		for _, tt := range []struct {
			text string
			want []string
		}{
			{"hòa lo", []string{"A"}},
			{"DA B", []string{"B"}},
			{"đ", []string{"C", "B"}},
			{"đỏ nhánh", []string{"C"}},
			{"long%", []string{"A"}},
			{"ong", nil},
		} {
			found, err := s.Search(t.Context(), orgunit.Search{Text: tt.text, On: from})
			if diff := cmp.Diff(tt.want, codes(found)); err != nil || diff != "" {
				t.Errorf("%q: %v (-want +got):\n%s", tt.text, err, diff)
			}
		}
		found, err := s.Search(t.Context(), orgunit.Search{Text: "đ", On: from, Kinds: []orgunit.Kind{orgunit.Branch}})
		if err != nil || len(found) != 1 {
			t.Errorf("branches: %v, %v", codes(found), err)
		}
	})
}

const snapshots = "../../../shared/data/brvt_admin_snapshots.csv"

// TestImportSnapshots takes in the dated lists of a real province.
func TestImportSnapshots(t *testing.T) {
	file, err := os.ReadFile(snapshots)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is absent", snapshots)
	}
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := service(d)
		dry, err := s.Import(t.Context(), keeper, strings.NewReader(string(file)), true)
		if err != nil || len(dry.Faults) > 0 || dry.Rows != 261 {
			t.Fatalf("dry run = %+v, %v", dry, err)
		}
		if left, err := s.InForce(t.Context(), day("2024-01-01")); err != nil || len(left) > 0 {
			t.Fatalf("a dry run entered %d units (%v)", len(left), err)
		}
		done, err := s.Import(t.Context(), keeper, strings.NewReader(string(file)), false)
		if diff := cmp.Diff(dry, done); err != nil || diff != "" {
			t.Fatalf("the import differs from its dry run: %v (-dry +done):\n%s", err, diff)
		}
		again, err := s.Import(t.Context(), keeper, strings.NewReader(string(file)), false)
		if err != nil || again.New != 0 || again.Ended != 0 || again.Same != 261 {
			t.Errorf("a second import = %+v, %v", again, err)
		}

		for _, tt := range []struct {
			on                  string
			districts, communes int
		}{
			{"2024-12-31", 8, 82},
			{"2025-01-01", 7, 77},
			{"2025-03-01", 7, 77},
		} {
			units, err := s.Subtree(t.Context(), "77", day(tt.on))
			if err != nil {
				t.Fatal(err)
			}
			count := map[orgunit.Kind]int{}
			for _, u := range units {
				count[u.Kind]++
			}
			want := map[orgunit.Kind]int{orgunit.Province: 1, orgunit.District: tt.districts, orgunit.Commune: tt.communes}
			if diff := cmp.Diff(want, count); diff != "" {
				t.Errorf("on %s (-want +got):\n%s", tt.on, diff)
			}
		}
		for _, tt := range []struct{ code, on, want string }{
			{"26668", "2024-12-31", "Xã Tam Phước"},
			{"26668", "2025-01-01", "Xã Tam An"},
			{"26689", "2024-12-31", "Xã Long Mỹ"},
			{"26689", "2025-01-01", "Thị trấn Phước Hải"},
		} {
			if u, err := s.Get(t.Context(), tt.code, day(tt.on)); err != nil || u.Name != tt.want {
				t.Errorf("%s on %s = %q, %v; want %q", tt.code, tt.on, u.Name, err, tt.want)
			}
		}
	})
}

func TestImportFaults(t *testing.T) {
	const file = "\xef\xbb\xbfcode,kind,parent,name,valid_from,valid_to\n" +
		"77,province,,Tỉnh,2004-01-01,\n" +
		"a b,province,,Tỉnh,01/01/2004,\n" +
		"747,huyen,77,,2004-01-01,2003-01-01\n" +
		"748,district,99,Bà Rịa,2004-01-01,\n" +
		"749,district\n"
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := service(d)
		report, err := s.Import(t.Context(), keeper, strings.NewReader(file), false)
		if errs.KindOf(err) != errs.Invalid {
			t.Fatalf("Import = %v", err)
		}
		var got []string
		for _, f := range report.Faults {
			got = append(got, string(rune('0'+f.Row))+" "+f.Column+" "+f.Text.Key)
		}
		want := []string{
			"3 valid_from orgunit.error.date",
			"3 code orgunit.error.code",
			"3 valid_from orgunit.error.from",
			"4 valid_to orgunit.error.to",
			"4 kind orgunit.error.kind",
			"4 name orgunit.error.name",
			"6  orgunit.error.cells",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("faults (-want +got):\n%s", diff)
		}
		if units, err := s.InForce(t.Context(), day("2025-01-01")); err != nil || len(units) > 0 {
			t.Errorf("a faulty file entered %d units (%v)", len(units), err)
		}

		orphan := "code,kind,parent,name,valid_from\n77,province,,Tỉnh,2004-01-01\n748,district,99,Bà Rịa,2004-01-01\n"
		report, err = s.Import(t.Context(), keeper, strings.NewReader(orphan), true)
		if err != nil || len(report.Faults) != 1 || report.Faults[0].Row != 3 || report.Faults[0].Column != "parent" {
			t.Errorf("a district without province: %+v, %v", report, err)
		}
	})
}

func FuzzImport(f *testing.F) {
	f.Add("code,kind,parent,name,valid_from\n77,province,,Tỉnh,2004-01-01\n")
	f.Add("snapshot_date,code,level,parent_code,full_name\n2023-04-10,77,1,,Tỉnh\n2025-01-01,77,1,,Tỉnh khác\n")
	f.Add("code,kind,parent,name,valid_from\n\"")
	d := dbtest.SQLite(f)
	s := service(d)
	f.Fuzz(func(t *testing.T, file string) {
		report, err := s.Import(t.Context(), keeper, strings.NewReader(file), true)
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range report.Faults {
			if fault.Row < 1 || fault.Text.Key == "" {
				t.Errorf("a fault without place or text: %+v", fault)
			}
		}
	})
}

func TestMessages(t *testing.T) {
	b, err := i18n.Load(orgunit.Messages)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range b.Check() {
		t.Error(fault)
	}
	for _, k := range orgunit.Kinds() {
		if !b.Has(i18n.Vi, "orgunit.kind."+string(k)) {
			t.Errorf("kind %s has no name", k)
		}
	}
}
