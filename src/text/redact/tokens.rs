//! The table of tokens that their makers gave a beginning of their own, so that programs can tell them.
//!
//! Sources: the makers' own pages on the formats of their tokens; lengths are lower bounds where they do not promise one.

use super::scan::{boundary_before, is_fake, is_random, run};

/// A token: what it begins with, and what may follow, how many characters of it.
pub(super) struct Token {
    pub kind: &'static str,
    pub prefix: &'static str,
    body: Body,
    least: usize,
    most: usize,
}

/// The characters of a token's body.
#[derive(Clone, Copy)]
enum Body {
    /// Letters and digits.
    Word,
    /// The same, in what must look like chance: the prefix says little.
    Random,
    /// Capitals and digits.
    Upper,
    Hex,
    /// Also `-` and `_`.
    Url,
    /// Also `-`, `_` and `.`.
    Dotted,
    /// Base64, also in the form for addresses.
    Base64,
}

const fn token(kind: &'static str, prefix: &'static str, body: Body, least: usize, most: usize) -> Token {
    Token { kind, prefix, body, least, most }
}

/// No body is read further than this.
const LONGEST: usize = 600;

pub(super) const TOKENS: &[Token] = &[
    token("aws-key-id", "AKIA", Body::Upper, 16, 16),
    token("aws-key-id", "ASIA", Body::Upper, 16, 16),
    token("google-api-key", "AIza", Body::Url, 35, 35),
    token("google-oauth-secret", "GOCSPX-", Body::Url, 24, 40),
    token("google-token", "ya29.", Body::Dotted, 20, LONGEST),
    token("google-refresh-token", "1//0", Body::Url, 40, 200),
    token("github-token", "ghp_", Body::Word, 30, 255),
    token("github-token", "gho_", Body::Word, 30, 255),
    token("github-token", "ghu_", Body::Word, 30, 255),
    token("github-token", "ghs_", Body::Dotted, 30, LONGEST),
    token("github-token", "ghr_", Body::Word, 30, 255),
    token("github-token", "github_pat_", Body::Url, 40, 255),
    token("gitlab-token", "glpat-", Body::Dotted, 20, 300),
    token("gitlab-token", "gldt-", Body::Url, 20, 64),
    token("gitlab-token", "glrt-", Body::Dotted, 20, 128),
    token("gitlab-token", "glcbt-", Body::Url, 20, 128),
    token("gitlab-token", "glptt-", Body::Url, 40, 64),
    token("gitlab-token", "glft-", Body::Url, 20, 64),
    token("gitlab-token", "glsoat-", Body::Url, 20, 64),
    token("gitlab-token", "glagent-", Body::Url, 40, 128),
    token("gitlab-token", "gloas-", Body::Url, 40, 128),
    token("slack-token", "xoxb-", Body::Url, 20, 200),
    token("slack-token", "xoxp-", Body::Url, 20, 200),
    token("slack-token", "xoxa-", Body::Url, 20, 200),
    token("slack-token", "xoxr-", Body::Url, 20, 200),
    token("slack-token", "xoxs-", Body::Url, 20, 200),
    token("slack-token", "xoxe.", Body::Dotted, 20, 300),
    token("slack-token", "xapp-", Body::Url, 20, 200),
    token("slack-webhook", "hooks.slack.com/services/", Body::Base64, 30, 100),
    token("discord-webhook", "discord.com/api/webhooks/", Body::Base64, 40, 120),
    token("stripe-key", "sk_live_", Body::Word, 16, 250),
    token("stripe-key", "rk_live_", Body::Word, 16, 250),
    token("stripe-key", "sk_test_", Body::Word, 16, 250),
    token("stripe-key", "rk_test_", Body::Word, 16, 250),
    token("webhook-secret", "whsec_", Body::Base64, 24, 80),
    token("npm-token", "npm_", Body::Word, 36, 36),
    token("pypi-token", "pypi-", Body::Url, 50, 300),
    token("rubygems-key", "rubygems_", Body::Hex, 48, 48),
    token("crates-token", "cio", Body::Random, 32, 32),
    token("docker-token", "dckr_pat_", Body::Url, 20, 64),
    token("docker-token", "dckr_oat_", Body::Url, 20, 64),
    token("anthropic-key", "sk-ant-", Body::Url, 20, 250),
    token("openai-key", "sk-proj-", Body::Url, 20, 250),
    token("openai-key", "sk-svcacct-", Body::Url, 20, 250),
    token("openai-key", "sk-admin-", Body::Url, 20, 250),
    token("openrouter-key", "sk-or-v1-", Body::Hex, 32, 128),
    token("api-key", "sk-", Body::Random, 32, 128),
    token("huggingface-token", "hf_", Body::Random, 30, 60),
    token("groq-key", "gsk_", Body::Word, 40, 80),
    token("xai-key", "xai-", Body::Word, 60, 120),
    token("perplexity-key", "pplx-", Body::Word, 32, 80),
    token("replicate-token", "r8_", Body::Random, 37, 40),
    token("fireworks-key", "fw_", Body::Random, 22, 40),
    token("cerebras-key", "csk-", Body::Word, 40, 64),
    token("nvidia-key", "nvapi-", Body::Url, 40, 100),
    token("databricks-token", "dapi", Body::Hex, 32, 36),
    token("sendgrid-key", "SG.", Body::Dotted, 60, 72),
    token("shopify-token", "shpat_", Body::Hex, 32, 32),
    token("shopify-token", "shpca_", Body::Hex, 32, 32),
    token("shopify-token", "shppa_", Body::Hex, 32, 32),
    token("shopify-token", "shpss_", Body::Hex, 32, 32),
    token("digitalocean-token", "dop_v1_", Body::Hex, 64, 64),
    token("digitalocean-token", "doo_v1_", Body::Hex, 64, 64),
    token("digitalocean-token", "dor_v1_", Body::Hex, 64, 64),
    token("linear-key", "lin_api_", Body::Word, 32, 64),
    token("notion-token", "ntn_", Body::Random, 40, 60),
    token("atlassian-token", "ATATT3", Body::Base64, 100, 300),
    token("figma-token", "figd_", Body::Url, 36, 60),
    token("vault-token", "hvs.", Body::Url, 24, 200),
    token("vault-token", "hvb.", Body::Url, 24, 300),
    token("terraform-token", ".atlasv1.", Body::Url, 50, 80),
    token("doppler-token", "dp.pt.", Body::Word, 40, 44),
    token("doppler-token", "dp.st.", Body::Dotted, 40, 80),
    token("grafana-token", "glsa_", Body::Url, 32, 60),
    token("grafana-token", "glc_", Body::Base64, 40, 400),
    token("newrelic-key", "NRAK-", Body::Upper, 27, 27),
    token("sentry-token", "sntrys_", Body::Base64, 60, LONGEST),
    token("sentry-token", "sntryu_", Body::Hex, 64, 64),
    token("planetscale-token", "pscale_tkn_", Body::Dotted, 32, 64),
    token("planetscale-password", "pscale_pw_", Body::Dotted, 32, 64),
    token("pulumi-token", "pul-", Body::Hex, 40, 40),
    token("postman-key", "PMAK-", Body::Url, 50, 64),
    token("supabase-token", "sbp_", Body::Hex, 40, 40),
    token("supabase-key", "sb_secret_", Body::Url, 20, 64),
    token("tailscale-key", "tskey-", Body::Url, 30, 80),
    token("artifactory-key", "AKCp", Body::Random, 60, 80),
    token("age-key", "AGE-SECRET-KEY-1", Body::Upper, 58, 58),
    token("telegram-token", ":AA", Body::Url, 33, 33),
    token("azure-sas", "sig=", Body::Base64, 43, 100),
    token("jwt", "eyJ", Body::Dotted, 40, 8192),
];

impl Body {
    fn holds(self, byte: u8) -> bool {
        match self {
            Body::Word | Body::Random => byte.is_ascii_alphanumeric(),
            Body::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Body::Hex => byte.is_ascii_hexdigit(),
            Body::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'),
            Body::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'),
            Body::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_' | b'%'),
        }
    }
}

impl Token {
    /// The token whose prefix stands at `start`, up to its end; where what follows is none, nothing.
    pub fn at(&self, text: &[u8], start: usize) -> Option<(usize, usize)> {
        let rest = text.get(start..)?.strip_prefix(self.prefix.as_bytes())?;
        let telegram = self.prefix == ":AA";
        // A later part of what was looked at from its beginning.
        if self.prefix == "eyJ" && start > 0 && text.get(start - 1) == Some(&b'.') {
            return None;
        }
        if !telegram && !boundary_before(text, start) {
            return None;
        }
        let mut length = run(rest, self.most + 1, |byte| self.body.holds(byte));
        // A full stop ends the sentence, not the token.
        while rest.get(..length).is_some_and(|body| body.ends_with(b".")) {
            length -= 1;
        }
        let body = rest.get(..length)?;
        let random = !matches!(self.body, Body::Random) || is_random(body);
        if !(self.least..=self.most).contains(&length) || is_fake(body) || !random {
            return None;
        }
        // A letter of another kind goes on: this is the beginning of something else.
        if rest.get(length).is_some_and(u8::is_ascii_alphanumeric) {
            return None;
        }
        if self.prefix == "eyJ" && !is_jwt(body) {
            return None;
        }
        let mut from = start;
        if telegram {
            let digits = text.get(..start)?.iter().rev().take(12).take_while(|byte| byte.is_ascii_digit()).count();
            if !(8..=10).contains(&digits) {
                return None;
            }
            from -= digits;
        }
        // Of an address the part that names nothing stays.
        let plain = if self.prefix.contains('/') || self.prefix == "sig=" { self.prefix.len() } else { 0 };
        Some((from + plain, start + self.prefix.len() + length))
    }
}

/// Two more parts, the first of which is an object again; or an encrypted one, which has five.
fn is_jwt(body: &[u8]) -> bool {
    let parts: Vec<&[u8]> = body.split(|byte| *byte == b'.').collect();
    match parts.as_slice() {
        [head, claims, mark] => head.len() >= 8 && claims.starts_with(b"eyJ") && mark.len() >= 16,
        [head, .., mark] => parts.len() == 5 && head.len() >= 8 && mark.len() >= 16,
        _ => false,
    }
}
