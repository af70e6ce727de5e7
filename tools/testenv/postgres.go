package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// postgres is a server with an empty store in a folder of its own.
type postgres struct {
	address string
	dir     string
	cmd     *exec.Cmd
	ended   chan error
}

// startPostgres makes a store and serves it on a free port of this machine.
func startPostgres(bin string, durable bool) (*postgres, error) {
	dir, err := os.MkdirTemp("", "motcua-postgres-")
	if err != nil {
		return nil, err
	}
	p := &postgres{dir: dir, ended: make(chan error, 1)}
	if err := p.start(bin, durable); err != nil {
		return nil, errors.Join(fmt.Errorf("start PostgreSQL: %w", err), os.RemoveAll(dir))
	}
	return p, nil
}

func (p *postgres) start(bin string, durable bool) error {
	who, err := unprivileged(p.dir)
	if err != nil {
		return err
	}
	data := filepath.Join(p.dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = p.dir, who
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	args := []string{"-D", data, "-p", strconv.Itoa(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=" + p.dir, "-c", "max_connections=500"}
	if !durable { // the tests kill motcua, never this server
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	p.cmd = exec.Command(filepath.Join(bin, "postgres"), args...)
	p.cmd.Dir, p.cmd.SysProcAttr = p.dir, who
	var log bytes.Buffer
	p.cmd.Stderr = &log
	if err := p.cmd.Start(); err != nil {
		return err
	}
	go func() { p.ended <- p.cmd.Wait() }()
	p.address = fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", port)
	return p.ready(filepath.Join(bin, "pg_isready"), port, &log)
}

// ready waits until the server answers.
func (p *postgres) ready(probe string, port int, log *bytes.Buffer) error {
	deadline := time.After(time.Minute)
	for {
		if exec.Command(probe, "-q", "-h", "127.0.0.1", "-p", strconv.Itoa(port)).Run() == nil {
			return nil
		}
		select {
		case err := <-p.ended:
			return fmt.Errorf("it ended: %w\n%s", err, log)
		case <-deadline:
			return errors.Join(errors.New("it did not answer within a minute"), p.stop())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// stop ends the server at once and forgets its store.
func (p *postgres) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGQUIT) // it may have ended by itself
	select {
	case <-p.ended:
	case <-time.After(10 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
	return os.RemoveAll(p.dir)
}

// unprivileged returns how to run the server: in a process group of its own, so
// that an interrupt at the terminal leaves it to us, and not as root, which it
// refuses. It gives dir to that user.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() != 0 {
		return attr, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, os.Chown(dir, int(uid), int(gid))
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
