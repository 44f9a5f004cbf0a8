//! File tools.
