//! Secrets by exact value: foreign text that holds one carries its name instead.
