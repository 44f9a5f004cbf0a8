//! The proxy for commands, met by raw sockets and by programs that people use.

mod clients;
mod lab;
mod limits;
mod names;
mod plain;
mod tunnels;
mod upstream;
