package app_test

import "github.com/motcua/motcua/internal/party"

// citizen is an invented person.
var citizen = party.Draft{Kind: party.Person, Number: "077082000123", Name: "Nguyễn Thị Thử", Phone: "0908123456", Address: "1 Trần Hưng Đạo, Vũng Tàu"}
