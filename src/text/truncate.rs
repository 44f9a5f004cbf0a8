//! Bounding text: head and tail with a note of what is left out between them.
