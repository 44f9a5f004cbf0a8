//! Foreign text made safe for a terminal.
