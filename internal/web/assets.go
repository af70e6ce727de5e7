package web

// assetURL is replaced when the front-end build lands.
func assetURL(name string) string { return "/assets/" + name }
