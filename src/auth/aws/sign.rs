//! The signature itself: AWS Signature Version 4 over method, path, headers and body, through `aws-sigv4`.

use super::Keys;
use crate::base::secret::Secret;
use crate::base::{Error, Kind, Result};
use crate::net::{Header, HttpRequest, Method, http};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign as sign_request};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use std::time::SystemTime;

/// Adds `authorization`, `x-amz-date` and, for credentials of a session, `x-amz-security-token`.
pub(super) fn sign(request: &mut HttpRequest, keys: &Keys, region: &str, now: SystemTime) -> Result<()> {
    let failed = |why: &dyn std::fmt::Display| Error::new(Kind::Auth, format!("cannot sign the request: {why}"));
    let session = keys.session.as_ref().map(|token| token.expose().to_owned());
    let credentials = Credentials::new(&keys.id, keys.secret.expose(), session, None, "agent");
    let identity: Identity = credentials.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service(&request.url))
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| failed(&error))?
        .into();
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
    };
    let plain = request.headers.iter().filter_map(|(name, value)| match value {
        Header::Plain(value) => Some((*name, value.as_str())),
        Header::Secret(..) => None,
    });
    let signable = SignableRequest::new(method, request.url.as_str(), plain, SignableBody::Bytes(&request.body))
        .map_err(|error| failed(&error))?;
    let signed = sign_request(signable, &params).map_err(|error| failed(&error))?;
    let (headers, _) = signed.into_parts().0.into_parts();
    request.headers.extend(headers.into_iter().map(|header| match header.name() {
        "x-amz-date" => ("x-amz-date", Header::Plain(header.value().to_owned())),
        name => (name, Header::Secret("", Secret::new(header.value()))),
    }));
    Ok(())
}

/// The name that a signature is for: of Bedrock's two kinds of endpoint, one is a service of its own.
fn service(url: &str) -> &'static str {
    if http::host(url).starts_with("bedrock-mantle.") { "bedrock-mantle" } else { "bedrock" }
}
