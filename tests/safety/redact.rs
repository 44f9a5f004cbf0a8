//! Secrets by their looks: what is found, what is left alone, and that nothing is lost on the way back.

use agent::text::redact::Redactor;
use agent::text::redact::stream::Redacting;
use proptest::prelude::*;
use std::io::Write;

/// Letters and digits that look like chance, always the same; no token in this file is anybody's, nor written out.
fn chance(length: usize, alphabet: &str) -> String {
    let letters: Vec<char> = alphabet.chars().collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        letters[(state % letters.len() as u64) as usize]
    };
    std::iter::repeat_with(next).take(length).collect()
}

const WORD: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const HEX: &str = "0123456789abcdef";

fn word(length: usize) -> String {
    chance(length, WORD)
}

/// A private key as programs write it.
fn block(title: &str, lines: usize) -> String {
    let body: Vec<String> = (0..lines).map(|n| word(64 + n)[n..].to_owned()).collect();
    format!("-----BEGIN {title}-----\n{}\nQx9=\n-----END {title}-----\n", body.join("\n"))
}

/// What is found, by kind: the text around it stays.
#[test]
fn tokens_are_found_and_named() {
    let found = |kind: &str, secret: &str| {
        for (before, after) in [("", ""), ("x = \"", "\";\n"), ("see (", ")."), ("a\\n", "\\nb"), ("1\t", "\n2\tnext")]
        {
            let redacted = Redactor::default().text(format!("{before}{secret}{after}"));
            assert!(!redacted.contains(secret), "{kind}: {redacted}");
            assert!(redacted.starts_with(&format!("{before}[secret {kind} ")), "{kind}: {redacted}");
            assert!(redacted.ends_with(&format!("]{after}")), "{kind}: {redacted}");
        }
    };
    for prefix in ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"] {
        found("github-token", &format!("{prefix}{}", word(36)));
    }
    found("github-token", &format!("github_pat_{}_{}", word(22), word(59)));
    found("gitlab-token", &format!("glpat-{}", word(20)));
    found("aws-key-id", &format!("AKIA{}", chance(16, UPPER)));
    found("google-api-key", &format!("AIza{}", word(35)));
    found("google-token", &format!("ya29.{}", word(60)));
    found("google-oauth-secret", &format!("GOCSPX-{}", word(28)));
    found("slack-token", &format!("xoxb-{}-{}", chance(12, "0123456789"), word(24)));
    found("stripe-key", &format!("sk_live_{}", word(24)));
    found("npm-token", &format!("npm_{}", word(36)));
    found("pypi-token", &format!("pypi-AgEIcHlwaS5vcmc{}", word(120)));
    found("openai-key", &format!("sk-proj-{}", word(64)));
    found("anthropic-key", &format!("sk-ant-api03-{}-AA", word(80)));
    found("openrouter-key", &format!("sk-or-v1-{}", chance(64, HEX)));
    found("api-key", &format!("sk-{}", word(48)));
    found("huggingface-token", &format!("hf_{}", word(34)));
    found("groq-key", &format!("gsk_{}", word(52)));
    found("sendgrid-key", &format!("SG.{}.{}", word(22), word(43)));
    found("jwt", &format!("eyJ{}.eyJ{}.{}", word(20), word(60), word(43)));
    found("telegram-token", &format!("123456789:AA{}", word(33)));
}

/// What is told by its surroundings: before, secret, after, kind.
#[test]
fn assignments_headers_and_addresses_are_found() {
    let (long, mixed, hex) = (word(32), "tR9!kw2#Lq", chance(40, HEX));
    let cases = [
        ("password = \"", long.as_str(), "\"\n", "password"),
        ("DB_PASSWORD=", &long, "\nNEXT=1", "password"),
        ("password: '", mixed, "'", "password"),
        ("{\"api_key\": \"", &long, "\"}", "api-key"),
        ("{\\\"apiKey\\\":\\\"", &long, "\\\"}", "api-key"),
        ("const ACCESS_TOKEN: &str = \"", &long, "\";", "token"),
        ("client_secret: ", &hex, "\n", "secret"),
        ("aws_secret_access_key = ", &word(40), "\n", "aws-secret-key"),
        ("<password>", &long, "</password>", "password"),
        ("https://host/x?access_token=", &long, "&y=1", "token"),
        ("AccountName=a;AccountKey=", &format!("{}==", word(86)), ";EndpointSuffix=x", "api-key"),
        ("Authorization: Bearer ", &word(40), "\r\n", "bearer-token"),
        ("-H 'authorization: Basic ", "dXNlcjpwYTU1d29yZA==", "'", "basic-auth"),
        ("curl -H \"X-Api-Key: ", &word(32), "\"", "api-key"),
        ("postgres://app:", "s3cr3t-9x", "@db.internal:5432/x", "url-password"),
        ("https://user:", &long, "@git.internal/x.git", "url-password"),
        ("//registry.internal/:_authToken=", &long, "\n", "token"),
    ];
    for (before, secret, after, kind) in cases {
        let redacted = Redactor::default().text(format!("{before}{secret}{after}"));
        let expected = format!("{before}[secret {kind} ");
        assert!(redacted.starts_with(&expected) && redacted.ends_with(&format!("]{after}")), "{before}: {redacted}");
    }
}

/// Text that people read every day, with nothing in it to hide.
#[test]
fn ordinary_text_is_left_alone() {
    let hex = chance(40, HEX);
    let base64 = chance(400, &format!("{WORD}+/"));
    let lines = [
        format!("commit {hex}\nAuthor: A <a@b.c>\n"),
        format!("index {}..{} 100644", &hex[..7], &hex[7..14]),
        "key: 6ba7b810-9dad-11d1-80b4-00c04fd430c8, api_key: 6ba7b810-9dad-11d1-80b4-00c04fd430c8".into(),
        format!("\"integrity\": \"sha512-{}==\",", &base64[..86]),
        format!("checksum = \"{}\"", chance(64, HEX)),
        format!("<img src=\"data:image/png;base64,{base64}\">"),
        format!("actions/checkout@{hex} # v4"),
        "token: ${{ secrets.GITHUB_TOKEN }}".into(),
        "password = os.environ[\"DB_PASSWORD2\"]; token = process.env.API_TOKEN_2".into(),
        "let token = self.next_token_from_stream2(input);".into(),
        "api_key = \"your-api-key-1234567890\"; password=changeme12345".into(),
        "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE".into(),
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx sk-ant-api03-... sk-proj-your-key-goes-here-0123456".into(),
        "postgres://postgres:postgres@localhost:5432/app redis://user:password@localhost".into(),
        "https://{user}:{password}@host https://$USER:$TOKEN@host ssh://git@github.com:22/x".into(),
        "max_tokens: 128000, tokenizer_file = tokenizer-v2-0123.json".into(),
        "public_key = \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI\"".into(),
        "cache-key: v1-linux-3f9a8b7c6d5e4f3a2b1c".into(),
        "var t=function(e,n){return e.token=n,e.key=\"ArrowLeft\",e.secret=!1}".into(),
        "class=\"sk-cube-grid-loading-animation-container-2\"".into(),
        "if (password.length < 12) throw new Error('password too short: 12')".into(),
        "text.contains(\"-----BEGIN PRIVATE KEY-----\")\n    .then(|| some_function_name_that_is_long2)\n".into(),
        "primary_key=True, foreign_key = ForeignKey('accounts_account2.id')".into(),
        "PASSWORD_HASHERS = ['django.contrib.auth.hashers.PBKDF2PasswordHasher2']".into(),
        "Bearer tokens are sent in headers; basic authentication2 is not".into(),
        "secretName: database-credentials-v2".into(),
        "[secret github-token 1f3a99] and [secret DEPLOY_TOKEN] = [secret password 0a0b0c]".into(),
    ];
    for line in lines {
        assert_eq!(Redactor::default().text(line.clone()), line);
    }
}

#[test]
fn a_private_key_is_taken_out_line_by_line() {
    for title in ["PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"] {
        let text = format!("before\n{}after 1\n", block(title, 5));
        let redacted = Redactor::default().text(text.clone());
        assert_eq!(redacted.lines().count(), text.lines().count(), "lines keep their numbers: {redacted}");
        assert_eq!(redacted.matches("[secret private-key ").count(), 6, "{redacted}");
        assert!(redacted.starts_with("before\n-----BEGIN") && redacted.ends_with("-----\nafter 1\n"), "{redacted}");
        let numbered: String = text.lines().enumerate().map(|(n, line)| format!("{n}\t{line}\n")).collect();
        assert_eq!(Redactor::default().text(numbered).matches("[secret private-key ").count(), 6);
        // The beginning is out of sight, or the end.
        let cut = text.split_once("-----\n").unwrap().1;
        assert_eq!(Redactor::default().text(cut.into()).matches("[secret private-key ").count(), 6, "{cut}");
        let cut = text.split_once("-----END").unwrap().0;
        assert_eq!(Redactor::default().text(cut.into()).matches("[secret private-key ").count(), 6, "{cut}");
        let json = serde_json::json!({"private_key": block(title, 5)}).to_string();
        let redacted = Redactor::default().text(json);
        assert!(!redacted.contains(&word(64)) && redacted.matches("[secret ").count() >= 5, "{redacted}");
    }
}

#[test]
fn what_the_user_allowed_is_shown_and_what_is_known_by_value_is_not() {
    let token = format!("ghp_{}", word(36));
    let redactor = Redactor::default();
    let text = redactor.text(format!("t {token} {token}"));
    let news = redactor.news();
    assert_eq!(news.len(), 1, "once for each");
    assert_eq!(text, format!("t [secret github-token {0}] [secret github-token {0}]", news[0].mark));
    assert!(redactor.news().is_empty());
    redactor.text(token.clone());
    assert!(redactor.news().is_empty(), "told already");
    let words = agent::text::redact::words(&news, "`cat a`").concat();
    assert!(words.contains("github-token") && words.contains("`cat a`") && words.contains(&news[0].mark), "{words}");

    let marks = [news[0].mark.clone()];
    assert_eq!(Redactor::default().allowing(&marks).text(token.clone()), token);
    let known = Redactor::new(vec![("KEY".into(), token.clone())]).allowing(&marks);
    assert_eq!(known.text(token), "[secret KEY]");
}

#[test]
fn a_secret_that_is_learned_later_is_known_from_then_on() {
    let redactor = Redactor::default();
    let clone = redactor.clone();
    redactor.learn("renewed token", &agent::base::secret::Secret::new("plain-words-only"));
    assert_eq!(clone.text("a plain-words-only b".into()), "a [secret renewed token] b");
}

#[test]
fn a_sealed_thought_and_a_models_own_words_are_not_touched() {
    let token = format!("ghp_{}", word(36));
    let redactor = Redactor::new(vec![("KEY".into(), "known-by-value".into())]);
    let line = serde_json::json!({
        "seal": {"data": {"signature": format!("{token} known-by-value")}},
        "text": format!("{token} known-by-value"),
    })
    .to_string();
    let told = redactor.line(line.clone(), false);
    let value: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(value["seal"]["data"]["signature"], format!("{token} known-by-value"));
    assert!(!value["text"].as_str().unwrap().contains(&token));
    let own: serde_json::Value = serde_json::from_str(&redactor.line(line, true)).unwrap();
    assert_eq!(own["text"], format!("{token} [secret KEY]"));
}

#[test]
fn an_edit_gets_back_what_it_names_and_nothing_else() {
    let (one, other) = (format!("ghp_{}", word(36)), format!("npm_{}", word(36)));
    let redactor = Redactor::default();
    let file = format!("a = {one}\nb = 1\n");
    let seen = redactor.text(file.clone());
    let edited = seen.replace("b = 1", "b = 2\nc = 3");
    assert_eq!(redactor.reveal(edited, &[file.as_bytes()]), format!("a = {one}\nb = 2\nc = 3\n"));
    // Of another file's secret only the name is known.
    let foreign = redactor.text(format!("x = {other}"));
    let told = redactor.reveal(foreign.clone(), &[file.as_bytes()]);
    assert_eq!(told, foreign);
    assert!(redactor.placeholder_added(file.as_bytes(), told.as_bytes()).is_some());
    assert!(redactor.placeholder_added(file.as_bytes(), b"see [secret] and [secret thing]").is_none());
    // Two secrets with one name: nobody knows which is meant.
    let twins = Redactor::new(vec![("K".into(), "first-value".into()), ("K".into(), "second-value".into())]);
    let both = "first-value second-value";
    assert_eq!(twins.reveal(twins.text(both.into()), &[both.as_bytes()]), "[secret K] [secret K]");
}

/// A token, a key and a known value, cut everywhere.
#[test]
fn no_secret_gets_through_between_two_pieces() {
    let token = format!("ghp_{}", word(36));
    let text = format!("{}\n{}x {token} y\nplain known-by-value", "line\n".repeat(3), block("PRIVATE KEY", 3));
    let redactor = Redactor::new(vec![("KEY".into(), "known-by-value".into())]);
    let whole = redactor.text(text.clone());
    for cut in 0..text.len() {
        let mut out = Vec::new();
        let mut stream = Redacting::new(&mut out, redactor.clone());
        stream.write_all(&text.as_bytes()[..cut]).unwrap();
        stream.write_all(&text.as_bytes()[cut..]).unwrap();
        drop(stream);
        assert_eq!(String::from_utf8(out).unwrap(), whole, "cut at {cut}");
    }
    // A line that never ends is not kept for ever.
    let mut out = Vec::new();
    let long = "word ".repeat(200_000) + &token;
    Redacting::new(&mut out, redactor).write_all(long.as_bytes()).unwrap();
    assert!(out.len() > long.len() - 200 && !String::from_utf8(out).unwrap().contains(&token));
}

/// As long as it may take: whatever the text, twice as much takes about twice as long. The limits are far from what is measured.
#[test]
fn hostile_text_takes_no_longer_than_its_length() {
    let size = 200_000;
    for piece in [
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "-----END PRIVATE KEY-----\n",
        "sk-",
        "eyJ",
        "eyJa.",
        "token=",
        "password:",
        "://a:",
        "Bearer ",
        "key",
        "[secret ",
    ] {
        let text = piece.repeat(size / piece.len());
        let redactor = Redactor::default();
        let begin = std::time::Instant::now();
        redactor.text(text);
        assert!(begin.elapsed().as_secs() < 20, "{piece:?} took {:?}", begin.elapsed());
    }
}

fn pieces() -> impl Strategy<Value = String> {
    let secret = prop_oneof![
        Just(format!("ghp_{}", word(36))),
        Just(format!("AKIA{}", chance(16, UPPER))),
        Just(format!("password = \"{}\"", word(24))),
        Just(format!("Authorization: Bearer {}", word(30))),
        Just("postgres://app:s3cr3t-9x@db/x".to_owned()),
        Just(block("PRIVATE KEY", 2)),
        Just("known-by-value".to_owned()),
    ];
    let noise = prop_oneof!["[ -~]{0,30}", "\\PC{0,10}", Just("\n".to_owned()), Just("=\"".to_owned())];
    proptest::collection::vec(prop_oneof![secret, noise], 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(crate::support::random::cases(256))]

    #[test]
    fn what_is_redacted_stays_so_and_comes_back_whole(text in pieces()) {
        let redactor = Redactor::new(vec![("KEY".into(), "known-by-value".into())]);
        let once = redactor.text(text.clone());
        prop_assert!(!once.contains("known-by-value"));
        prop_assert_eq!(redactor.text(once.clone()), once.clone());
        prop_assert_eq!(redactor.reveal(once, &[text.as_bytes()]), text);
    }

    #[test]
    fn bytes_that_are_no_text_come_back_whole(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let redactor = Redactor::default();
        let text = [&bytes[..], b"\n", format!("ghp_{}", word(36)).as_bytes(), b"\n", &bytes[..]].concat();
        let clean = redactor.bytes(&text).into_owned();
        prop_assert_eq!(redactor.reveal_bytes(&clean, &[&text]), Some(text));
    }
}
