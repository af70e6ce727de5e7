package mail_test

import (
	"bufio"
	"fmt"
	"mime"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/motcua/motcua/internal/errs"
	mailer "github.com/motcua/motcua/internal/mail"
)

var message = mailer.Message{
	ID: "0198-abc", To: "an@example.vn", Subject: "Hồ sơ đã được tiếp nhận", Text: "Kính gửi ông An,\nHồ sơ đã được tiếp nhận.",
	At: time.Date(2022, 7, 6, 8, 0, 0, 0, time.UTC),
}

func check(t *testing.T, raw string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != message.Subject {
		t.Errorf("subject = %q, %v", subject, err)
	}
	if id := m.Header.Get("Message-Id"); id != "<0198-abc@motcua>" {
		t.Errorf("message id = %q", id)
	}
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	s, err := mailer.NewFolder(dir, "Sở TN&MT <so@example.vn>")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // a repeated send is the same file
		if err := s.Send(t.Context(), message); err != nil {
			t.Fatal(err)
		}
	}
	files, _ := filepath.Glob(dir + "/*.eml")
	if len(files) != 1 {
		t.Fatalf("files: %v", files)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	check(t, string(raw))
}

func TestAddress(t *testing.T) {
	s, err := mailer.NewFolder(t.TempDir(), "so@example.vn")
	if err != nil {
		t.Fatal(err)
	}
	bad := message
	bad.To = "không có"
	if err := s.Send(t.Context(), bad); errs.KindOf(err) != errs.Invalid {
		t.Errorf("Send to no address = %v", err)
	}
}

// relay speaks enough SMTP to take one message, or to refuse the recipient.
func relay(t *testing.T, refuse bool) (int, <-chan string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	got := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "220 test ESMTP\r\n")
		in := bufio.NewScanner(conn)
		var data strings.Builder
		reading := false
		for in.Scan() {
			line := in.Text()
			switch {
			case reading && line == ".":
				reading = false
				got <- data.String()
				fmt.Fprint(conn, "250 taken\r\n")
			case reading:
				data.WriteString(line + "\r\n")
			case strings.HasPrefix(line, "DATA"):
				reading = true
				fmt.Fprint(conn, "354 go on\r\n")
			case strings.HasPrefix(line, "RCPT") && refuse:
				fmt.Fprint(conn, "550 no such person\r\n")
			case strings.HasPrefix(line, "QUIT"):
				fmt.Fprint(conn, "221 bye\r\n")
				return
			default:
				fmt.Fprint(conn, "250 ok\r\n")
			}
		}
	}()
	return l.Addr().(*net.TCPAddr).Port, got
}

func TestRelay(t *testing.T) {
	port, got := relay(t, false)
	s, err := mailer.NewRelay(mailer.Relay{Host: "127.0.0.1", Port: port, From: "so@example.vn", Insecure: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	check(t, <-got)
}

func TestRefusalNamesNobody(t *testing.T) {
	port, _ := relay(t, true)
	s, err := mailer.NewRelay(mailer.Relay{Host: "127.0.0.1", Port: port, From: "so@example.vn", Insecure: true})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Send(t.Context(), message)
	if errs.KindOf(err) != errs.Unavailable {
		t.Fatalf("Send = %v, want Unavailable", err)
	}
	if strings.Contains(err.Error(), "an@example") {
		t.Errorf("the error names the recipient: %v", err)
	}
}
