package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/identity"
	"github.com/motcua/motcua/internal/party"
	"github.com/motcua/motcua/internal/worktime"
)

// official is a line of the table of officials. The first of each role is the
// one a stranger is shown.
type official struct {
	login, name string
	role        actor.Role
	unit        string
	subtree     bool
}

// officials are invented. Officers of the branches are made from the table of
// branches.
var officials = []official{
	{"motcua.hoa", "Trần Thị Thanh Hòa", actor.OneStopOfficer, "so-tnmt.mot-cua", false},
	{"tnn.long", "Phạm Hoàng Long", actor.CaseOfficer, "so-tnmt.tnn", false},
	{"tnn.minh", "Vũ Đức Minh", actor.UnitHead, "so-tnmt.tnn", false},
	{"so.giamdoc", "Nguyễn Quốc Khánh", actor.Leader, "so-tnmt", true},
	{"vanthu.lan", "Đỗ Thị Lan", actor.RecordsOfficer, "so-tnmt", true},
	{"thanhtra.duc", "Lương Minh Đức", actor.Inspector, "so-tnmt", true},
	{"kstthc.mai", "Bùi Thị Mai", actor.CatalogueEditor, "", false},
	{"quantri", "Ngô Văn Quang", actor.Administrator, "", false},
	{"vanhanh", "Hồ Tấn Phát", actor.Operator, "", false},
	{"tichhop", "Trục tích hợp thử nghiệm", actor.Integration, "so-tnmt", true},
	{"vpdk.truong", "Huỳnh Thị Ngọc Ánh", actor.UnitHead, "vpdk", false},
	{"thue.thao", "Mai Phương Thảo", actor.CaseOfficer, "cuc-thue", false},
	{"vpdk.giamdoc", "Đặng Văn Thắng", actor.Leader, "vpdk", true},
}

// branchStaff are the people of one branch: desk, officer, head.
func branchStaff() []official {
	families := []string{"Lê", "Võ", "Phan", "Trương", "Đinh", "Lâm", "Tô", "Cao"}
	var all []official
	for i, b := range branches {
		short := strings.ReplaceAll(b, "-", "")
		all = append(all,
			official{"motcua." + short, families[i] + " Thị Thu Hằng", actor.OneStopOfficer, "vpdk." + b, false},
			official{"dat." + short, families[(i+3)%len(families)] + " Ngọc Sơn", actor.CaseOfficer, "vpdk." + b, false},
			official{"truong." + short, families[(i+5)%len(families)] + " Đình Phúc", actor.UnitHead, "vpdk." + b, false},
		)
	}
	return all
}

// citizen is somebody who files.
type citizen struct {
	party string
	actor actor.Actor // unknown where they have no account and file at the desk
	name  string
	org   bool
}

// The inspector reads what was filed in 2022.
var mandate, mandateEnd = worktime.NewDate(2022, 1, 1), worktime.NewDate(2023, 1, 1)

func (p *province) people(ctx context.Context) error {
	for _, o := range append(officials, branchStaff()...) {
		if err := p.official(ctx, o); err != nil {
			return fmt.Errorf("account %s: %w", o.login, err)
		}
	}
	if err := p.applicants(ctx); err != nil {
		return err
	}
	p.say("%d accounts and %d applicants made", len(p.accounts), len(p.citizens))
	return nil
}

func (p *province) official(ctx context.Context, o official) error {
	a, _, err := p.Identity.Create(ctx, actor.System(), identity.Draft{Login: o.login, Name: o.name, Unit: o.unit, Locale: "vi", Password: Password})
	if err != nil {
		return err
	}
	g := identity.Grant{Account: a.ID, Role: o.role, Unit: o.unit, Subtree: o.subtree, From: mandate, Document: "dữ liệu mẫu"}
	if o.role == actor.Inspector {
		g.MandateFrom, g.MandateTo = mandate, mandateEnd
	}
	if _, err := p.Identity.Grant(ctx, actor.System(), g); err != nil {
		return err
	}
	who, err := p.Identity.Actor(ctx, a.ID)
	if err != nil {
		return err
	}
	p.officers[key(o.role, o.unit)] = who
	p.accounts = append(p.accounts, Account{Role: o.role, Login: o.login, Password: Password, Unit: o.unit})
	return nil
}

func key(r actor.Role, unit string) string { return string(r) + "@" + unit }

// The parts of invented names.
var (
	families = []string{"Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý"}
	middles  = []string{"Văn", "Thị", "Hữu", "Đức", "Thanh", "Minh", "Ngọc", "Quang", "Thu", "Hoàng", "Kim", "Xuân"}
	givens   = []string{"An", "Bình", "Cường", "Dung", "Đạt", "Giang", "Hạnh", "Hiếu", "Hòa", "Hùng", "Hương", "Khoa", "Lan", "Linh", "Loan", "Mai", "Nam", "Nga", "Phúc", "Quân", "Sơn", "Tâm", "Thảo", "Thủy", "Trang", "Trí", "Tuấn", "Vân", "Yến", "Ánh"}
	streets  = []string{"Trần Hưng Đạo", "Lê Hồng Phong", "Nguyễn An Ninh", "Ba Cu", "Trương Công Định", "Hùng Vương", "Cách Mạng Tháng Tám", "Võ Thị Sáu", "Độc Lập", "Bạch Đằng"}
	places   = []string{"Phường 7, thành phố Vũng Tàu", "Phường Phước Trung, thành phố Bà Rịa", "Phường Phú Mỹ, thị xã Phú Mỹ", "Thị trấn Ngãi Giao, huyện Châu Đức", "Thị trấn Long Điền, huyện Long Điền", "Thị trấn Đất Đỏ, huyện Đất Đỏ", "Thị trấn Phước Bửu, huyện Xuyên Mộc", "Huyện Côn Đảo"}
	firms    = []string{"Công ty TNHH Nước đá Biển Xanh", "Công ty Cổ phần Chế biến Hải sản Cửa Lấp", "Khách sạn Sóng Bạc", "Hợp tác xã Nông nghiệp Ngãi Giao", "Công ty TNHH Thức ăn chăn nuôi Phú Hội", "Ngân hàng Thương mại Đông Hải, chi nhánh Vũng Tàu", "Quỹ tín dụng Long Hải", "Công ty Cổ phần Cảng Thị Vải Mới"}
)

// The first applicants, whom a stranger is shown: a farmer, a business and a bank.
func (p *province) applicants(ctx context.Context) error {
	people := rand.New(rand.NewPCG(2022, 7))
	for i := range 60 {
		name := families[people.IntN(len(families))] + " " + middles[people.IntN(len(middles))] + " " + givens[people.IntN(len(givens))]
		number := fmt.Sprintf("077%d%02d%06d", people.IntN(2), 60+people.IntN(40), 100000+i*7919%900000)
		draft := party.Draft{
			Kind: party.Person, Number: number, Name: name,
			Phone: fmt.Sprintf("0908%06d", 100000+i*3571%900000), Email: fmt.Sprintf("cong-dan-%02d@example.vn", i+1),
			Address: fmt.Sprintf("%d %s, %s", 1+people.IntN(200), streets[people.IntN(len(streets))], places[people.IntN(len(places))]),
		}
		login := ""
		if i == 0 {
			draft.Name, login = "Nguyễn Văn An", "nguyenvanan"
		} else if i < 8 {
			login = fmt.Sprintf("congdan%02d", i+1)
		}
		if err := p.applicant(ctx, draft, login, false); err != nil {
			return err
		}
	}
	for i, name := range firms {
		draft := party.Draft{
			Kind: party.Organisation, Number: taxCode(350010000 + i*1237), Name: name,
			Phone: fmt.Sprintf("0254%07d", 3850000+i*41), Email: fmt.Sprintf("doanh-nghiep-%d@example.vn", i+1),
			Address: streets[i%len(streets)] + ", " + places[i%len(places)],
		}
		if err := p.applicant(ctx, draft, fmt.Sprintf("doanhnghiep%d", i+1), true); err != nil {
			return err
		}
	}
	return nil
}

// taxCode completes nine digits with the check digit of a tax code (mã số thuế).
// Where none fits, the next nine do.
func taxCode(nine int) string {
	digits := fmt.Sprintf("%09d", nine)
	sum := 0
	for i, weight := range []int{31, 29, 23, 19, 17, 13, 7, 5, 3} {
		sum += weight * int(digits[i]-'0')
	}
	if sum%11 == 0 {
		return taxCode(nine + 1)
	}
	return digits + strconv.Itoa(10-sum%11)
}

func (p *province) applicant(ctx context.Context, draft party.Draft, login string, org bool) error {
	entered, err := p.Parties.Enter(ctx, p.officers[key(actor.OneStopOfficer, "so-tnmt.mot-cua")], draft)
	if err != nil {
		return fmt.Errorf("applicant %s: %w", draft.Name, err)
	}
	c := citizen{party: string(entered.ID), name: draft.Name, org: org}
	if login != "" {
		a, _, err := p.Identity.Create(ctx, actor.System(), identity.Draft{Login: login, Name: draft.Name, Party: c.party, Locale: "vi", Password: Password})
		if err != nil {
			return fmt.Errorf("account %s: %w", login, err)
		}
		if c.actor, err = p.Identity.Actor(ctx, a.ID); err != nil {
			return err
		}
		p.accounts = append(p.accounts, Account{Role: actor.Citizen, Login: login, Password: Password})
	}
	p.citizens = append(p.citizens, c)
	return nil
}
