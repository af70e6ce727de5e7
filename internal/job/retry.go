package job

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// patience is how long a failed job waits: 2 s, 8 s, 32 s, 2 min, 8 min …, six
// hours at the most, give or take a tenth so that what failed together does not
// come back together.
type patience struct{ now func() time.Time }

const longestWait = 6 * time.Hour

// NextRetry implements [river.ClientRetryPolicy].
func (p patience) NextRetry(j *rivertype.JobRow) time.Time {
	return p.now().Add(wait(len(j.Errors)+1, rand.Float64()))
}

// wait returns the pause after the given number of failures; chance is in [0, 1).
func wait(failures int, chance float64) time.Duration {
	pause := 2 * time.Second
	for range failures - 1 {
		pause = min(4*pause, longestWait)
	}
	return time.Duration(float64(pause) * (0.9 + chance/5))
}

// reporter logs what went wrong with a job, once an attempt. River itself logs
// panics.
type reporter struct{ log *slog.Logger }

var _ river.ErrorHandler = (*reporter)(nil)

// HandleError implements [river.ErrorHandler].
func (r *reporter) HandleError(ctx context.Context, j *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	level, msg := slog.LevelWarn, "job failed"
	if j.Attempt >= j.MaxAttempts {
		level, msg = slog.LevelError, "job gave up"
	}
	r.log.Log(ctx, level, msg, "kind", j.Kind, "job", j.ID, "attempt", j.Attempt, "err", err)
	return nil
}

// HandlePanic implements [river.ErrorHandler].
func (r *reporter) HandlePanic(context.Context, *rivertype.JobRow, any, string) *river.ErrorHandlerResult {
	return nil
}

// warnings returns a logger for River, whose notices of daily business nobody
// reads.
func warnings(log *slog.Logger) *slog.Logger { return slog.New(atLeastWarn{log.Handler()}) }

type atLeastWarn struct{ slog.Handler }

func (h atLeastWarn) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && h.Handler.Enabled(ctx, l)
}
func (h atLeastWarn) WithAttrs(a []slog.Attr) slog.Handler {
	return atLeastWarn{h.Handler.WithAttrs(a)}
}
func (h atLeastWarn) WithGroup(name string) slog.Handler {
	return atLeastWarn{h.Handler.WithGroup(name)}
}
