// Command motcua may read the clock.
package main

import "time"

func main() { _ = time.Now() }
