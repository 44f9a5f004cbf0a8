//! The certificates that this machine trusts, from the one file in which a Linux distribution keeps all of them. The folder beside it
//! has the same ones in some hundred files, and to read these takes longer than everything else before the first request.

use reqwest::Certificate;

/// Where distributions keep that file. Sources: `update-ca-certificates(8)`, `update-ca-trust(8)`, Alpine's ca-certificates.
const BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// None where the platform itself is to say whom it trusts: the user has named certificates in the environment, or this is another
/// system, or the file is not as expected.
pub fn bundle() -> Option<Vec<Certificate>> {
    let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().any(|name| std::env::var_os(name).is_some());
    if named || !cfg!(target_os = "linux") {
        return None;
    }
    let text = BUNDLES.iter().find_map(|path| std::fs::read(path).ok())?;
    Certificate::from_pem_bundle(&text).ok().filter(|all| !all.is_empty())
}
