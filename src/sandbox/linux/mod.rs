//! Linux: bubblewrap's namespaces, Landlock and seccomp, and the helper that applies what has to be applied from inside.

#[expect(unsafe_code, reason = "marking handles, signal dispositions and the exec itself have no safe interface")]
pub mod helper;
pub mod landlock;
pub mod limits;
pub mod namespaces;
pub mod privileges;
pub mod seccomp;
