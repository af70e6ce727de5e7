// Package config may read the environment.
package config

import "os"

var Home = os.Getenv("HOME")
