// Package kill shows that nothing acknowledged is lost and nothing is done
// twice, however often motcua is killed. Its test runs with TEST_KILL=1.
package kill

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// filing is the body of POST /api/v1/dossiers for the simplest procedure of the
// demo: the n-th application for deleting a security interest.
func filing(n int64) any {
	return map[string]any{
		"procedure":      "1.011443",
		"receiving_unit": "vpdk.vung-tau",
		"answers": map[string]any{
			"nguoi_nop": "ben_vay", "can_cu": "het_no", "ngan_hang": "Ngân hàng Đông Hải", "so_hop_dong": fmt.Sprintf("%d/2020", n),
			"ngay_hop_dong": "2020-01-02", "ngay_dang_ky": "2020-01-03", "tai_san": "dat", "pham_vi": "toan_bo",
			"huyen": "vung-tau", "to_ban_do": 1, "so_thua": n%90000 + 1, "so_phat_hanh": "BT 123456", "cam_ket": true,
		},
	}
}

// client files dossiers as one account.
type client struct {
	url, token string
	http       *http.Client
}

// post files the n-th dossier under a key and returns its code. An error of the
// transport, or an answer of the kind 5xx or 429, means that nobody knows: ask
// again with the same key.
func (c client) post(n int64, key string) (code string, known bool, err error) {
	body, err := json.Marshal(filing(n))
	if err != nil {
		return "", true, err
	}
	req, err := http.NewRequest(http.MethodPost, c.url+"/api/v1/dossiers", bytes.NewReader(body))
	if err != nil {
		return "", true, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	res, err := c.http.Do(req)
	if err != nil {
		return "", false, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return "", false, err
	}
	if res.StatusCode >= 500 || res.StatusCode == http.StatusTooManyRequests {
		return "", false, fmt.Errorf("%s: %s", res.Status, text)
	}
	var dossier struct {
		Code string `json:"code"`
	}
	if err := json.Unmarshal(text, &dossier); err != nil || res.StatusCode != http.StatusCreated || dossier.Code == "" {
		return "", true, fmt.Errorf("%s: %s (%v)", res.Status, text, err)
	}
	return dossier.Code, true, nil
}

// get reports whether the dossier with this code can be read.
func (c client) get(code string) error {
	req, err := http.NewRequest(http.MethodGet, c.url+"/api/v1/dossiers/"+code, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	var dossier struct {
		Code string `json:"code"`
	}
	if err := json.Unmarshal(text, &dossier); err != nil || res.StatusCode != http.StatusOK || dossier.Code != code {
		return fmt.Errorf("%s: %s (%v)", res.Status, text, err)
	}
	return nil
}
