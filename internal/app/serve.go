package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/motcua/motcua/internal/web"
)

// serve wires the pages.
func (a *App) serve(o Options) error {
	var err error
	site := web.Site{Agency: "web.agency", Demo: o.Demo, Base: a.Config.Base, Secure: a.Config.Secure()}
	if a.View, err = web.NewView(a.Bundle, site, menu(), pageFiles()...); err != nil {
		return err
	}
	a.Server = web.NewServer(web.Config{
		View: a.View, Identity: a.Identity, Store: a.DB, Log: a.Log, Now: a.Now,
		Limits: limits(), Proxies: a.Config.Proxies,
	})
	m := newMetrics(a)
	a.Server.Observe(m.observe)
	a.Server.Add(web.AssetRoutes())
	a.Server.Add(a.health())
	a.Server.Add(m.routes())
	a.pages()
	return nil
}

// The patience of the server with slow clients and with its own end.
const (
	headerTimeout   = 10 * time.Second
	idleTimeout     = 2 * time.Minute
	readTimeout     = 10 * time.Minute // uploads over a bad line
	shutdownTimeout = 20 * time.Second
)

// Serve answers on l and works on jobs until ctx ends; then it lets requests and
// jobs finish.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           a.Server.Handler(),
		ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout,
		ErrorLog: nil,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	done := make(chan error, 1)
	go func() { done <- a.Work(work) }()

	var err error
	select {
	case err = <-ended:
	case err = <-done:
		err = fmt.Errorf("jobs: %w", err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if stop := server.Shutdown(last); stop != nil {
		err = errors.Join(err, stop)
	}
	stopWork()
	if ctx.Err() != nil {
		err = errors.Join(err, <-done)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Work does jobs and keeps the public log until ctx ends.
func (a *App) Work(ctx context.Context) error {
	var sequencer sync.WaitGroup
	sequencer.Go(func() { a.Sequencer.Run(ctx) })
	defer sequencer.Wait()
	if err := a.Jobs.Start(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	return a.Jobs.Stop(last)
}
