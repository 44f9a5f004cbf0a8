//! How programs are told of the proxy through which alone they reach other hosts.

/// Names that programs know; most know only one spelling.
const NAMES: &[&str] = &["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];

/// The variables for a proxy on this port of the loopback.
pub fn variables(port: u16) -> Vec<(&'static str, String)> {
    let address = format!("http://127.0.0.1:{port}");
    let direct = "localhost,127.0.0.1,::1";
    let mut set: Vec<(&'static str, String)> = NAMES.iter().map(|name| (*name, address.clone())).collect();
    set.extend([("NO_PROXY", direct.to_owned()), ("no_proxy", direct.to_owned())]);
    // Node asks for it since version 24, and only if told to.
    set.push(("NODE_USE_ENV_PROXY", "1".to_owned()));
    // Java knows properties alone, and reads them from here in each of its programs; it says so on standard error.
    let java = ["http", "https"].map(|scheme| format!("-D{scheme}.proxyHost=127.0.0.1 -D{scheme}.proxyPort={port}"));
    set.push(("JAVA_TOOL_OPTIONS", java.join(" ")));
    set
}
