package i18n

import "testing"

func TestOwnMessages(t *testing.T) {
	for _, fault := range words.Check() {
		t.Error(fault)
	}
}
