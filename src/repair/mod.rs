//! Who proposes the next candidate, and the loop around it.
