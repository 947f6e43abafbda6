package bundle

// Format is the version of the format that Write writes, and the newest that
// a Reader accepts.
const Format = 1
