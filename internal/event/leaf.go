package event

// saltSize makes a leaf's hash say nothing to who guesses its event.
const saltSize = 16
