// Package demo makes the demonstration: the department of natural resources and
// environment of Bà Rịa – Vũng Tàu as it was in 2022, with invented people, their
// accounts and their dossiers. It is made by code through the same services as
// everything else, the same for the same day and scale.
//
// What is finished happened in the first half of 2022. What is still open is
// dated by the working days before the demonstration was made, so that worklists
// live.
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/app"
	"github.com/motcua/motcua/internal/config"
	"github.com/motcua/motcua/internal/demo/catalogue"
	"github.com/motcua/motcua/internal/identity"
)

// Password is that of every account of the demonstration.
const Password = "mot-cua-vung-tau-2022"

// Account is a way into the demonstration.
type Account struct {
	Role     actor.Role `json:"role"`
	Login    string     `json:"login"`
	Password string     `json:"password"`
	Unit     string     `json:"unit"`
	Token    string     `json:"token"`
}

// Clock tells the time to the services: the story's while it is told, and the
// real time afterwards.
type Clock struct {
	real  func() time.Time
	story atomic.Pointer[time.Time]
}

// NewClock returns a clock that shows the real time.
func NewClock(real func() time.Time) *Clock { return &Clock{real: real} }

// Now returns the time of the story, or the real one.
func (c *Clock) Now() time.Time {
	if t := c.story.Load(); t != nil {
		return *t
	}
	return c.real()
}

func (c *Clock) set(t time.Time) { c.story.Store(&t) }
func (c *Clock) release()        { c.story.Store(nil) }

// file keeps the accounts. It is written last, so a demonstration that has it
// is whole.
const file = "demo-accounts.json"

// Accounts returns the accounts of the demonstration in a data folder. A folder
// without one is an error that is [fs.ErrNotExist].
func Accounts(data string) ([]Account, error) {
	text, err := os.ReadFile(filepath.Join(data, file))
	if err != nil {
		return nil, fmt.Errorf("accounts of the demo: %w", err)
	}
	var all []Account
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("accounts of the demo: %w", err)
	}
	return all, nil
}

// Exists reports whether a data folder holds a whole demonstration.
func Exists(data string) (bool, error) {
	_, err := os.Stat(filepath.Join(data, file))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// province tells the story to one installation.
type province struct {
	*app.App
	clock    *Clock
	accounts []Account
	officers map[string]actor.Actor // by role and unit
	citizens []citizen
	say      func(format string, args ...any)
}

// Create makes the demonstration, scale times the standard one, in an empty
// store. The app must run on the clock. Progress is said line by line.
func Create(ctx context.Context, a *app.App, c config.Config, clock *Clock, scale int, say func(format string, args ...any)) error {
	p := &province{App: a, clock: clock, officers: map[string]actor.Actor{}, say: say}
	made := clock.Now()
	clock.set(opening)
	defer clock.release()
	for _, step := range []func(context.Context) error{p.calendar, p.units, p.catalogue, p.people, p.keys} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("make the demo: %w", err)
		}
	}
	if err := p.story(ctx, made, scale); err != nil {
		return fmt.Errorf("make the demo: %w", err)
	}
	clock.release()
	if err := p.tokens(ctx); err != nil {
		return fmt.Errorf("make the demo: %w", err)
	}
	text, err := json.MarshalIndent(p.accounts, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(c.Data, file), append(text, '\n'), 0o600)
}

// opening is when the story begins.
var opening = time.Date(2022, time.January, 4, 7, 30, 0, 0, zone)

func (p *province) calendar(ctx context.Context) error { return p.Calendars.Seed(ctx) }

func (p *province) catalogue(ctx context.Context) error {
	for _, f := range catalogue.Files() {
		if _, err := p.Procedures.Publish(ctx, actor.System(), f.YAML, f.From); err != nil {
			return fmt.Errorf("publish %s: %w", f.Name, err)
		}
	}
	p.say("%d procedures published", len(catalogue.Files()))
	return nil
}

// tokens gives every account an API token for what its role may do.
func (p *province) tokens(ctx context.Context) error {
	all, err := p.Identity.List(ctx, actor.System(), identity.Filter{Limit: len(p.accounts) + 1})
	if err != nil {
		return err
	}
	ids := map[string]actor.ID{}
	for _, a := range all {
		ids[a.Login] = a.ID
	}
	for i, a := range p.accounts {
		var scopes []actor.Permission
		for _, s := range identity.Scopes() {
			if a.Role.Grants(s) {
				scopes = append(scopes, s)
			}
		}
		if len(scopes) == 0 {
			continue // keeping accounts is for people
		}
		secret, _, err := p.Identity.IssueToken(ctx, actor.System(), ids[a.Login], "demo", scopes, p.Now().Add(identity.TokenLife))
		if err != nil {
			return fmt.Errorf("token of %s: %w", a.Login, err)
		}
		p.accounts[i].Token = secret
	}
	return nil
}
