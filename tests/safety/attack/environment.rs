//! What of the user's environment reaches a command: no key, nothing that makes programs run something, no way to a service.

use super::setting::*;

const VARIABLES: &[&str] = &[
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "OPENAI_API_KEY",
    "GEMINI_API_KEY",
    "GOOGLE_API_KEY",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "MISTRAL_API_KEY",
    "OPENROUTER_API_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_BEARER_TOKEN_BEDROCK",
    "AZURE_OPENAI_API_KEY",
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "GITLAB_TOKEN",
    "NPM_TOKEN",
    "CARGO_REGISTRY_TOKEN",
    "CARGO_REGISTRIES_MINE_TOKEN",
    "TWINE_PASSWORD",
    "PGPASSWORD",
    "DATABASE_URL",
    "my_secret",
    "Stripe_Key",
    "SSH_AUTH_SOCK",
    "SSH_AGENT_PID",
    "GPG_AGENT_INFO",
    "DBUS_SESSION_BUS_ADDRESS",
    "XDG_RUNTIME_DIR",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "DOCKER_HOST",
    "LD_LIBRARY_PATH",
    "LD_AUDIT_NONE",
    "DYLD_INSERT_LIBRARIES",
    "GIT_SSH_COMMAND",
    "GIT_EXTERNAL_DIFF",
    "GIT_ASKPASS",
    "SSH_ASKPASS",
    "PROMPT_COMMAND",
    "PYTHONSTARTUP",
    "PYTHONINSPECT_NONE",
    "NODE_OPTIONS_NONE",
    "PERL5OPT_NONE",
    "RUBYOPT_NONE",
    "JAVA_TOOL_OPTIONS",
    "AGENT_STATE_DIR_NONE",
    "AGENT_TRACEPARENT",
];

#[test]
fn no_key_and_no_way_to_a_service_is_passed_on() {
    let ready = |scene: Scene| {
        let value = |number: usize| format!("/none/SECRET-{number}-END");
        VARIABLES.iter().enumerate().fold(scene, |scene, (number, name)| scene.env(name, &value(number)))
    };
    let read = |(number, name): (usize, &&str)| {
        let script = format!("printenv {name}; tr '\\0' '\\n' < /proc/self/environ | grep '^{name}='");
        tells(format!("${name}"), script, format!("SECRET-{number}-END"))
    };
    try_together(ready, &VARIABLES.iter().enumerate().map(read).collect::<Vec<_>>());
}

/// A variable that makes ordinary programs run an attacker's: the user's own may, and a command is not to be changed by them.
#[test]
fn nothing_runs_because_of_a_variable() {
    let ready = |scene: Scene| {
        scene.file("{outside}/rc", "echo RAN-rc\n");
        scene.file("{outside}/python/sitecustomize.py", "print('RAN-python')\n");
        scene.file("{work}/bin/hello", "#!/bin/sh\necho RAN-path\n");
        scene.file("{work}/hi", "#!/bin/sh\necho RAN-empty\n");
        scene.plain("chmod 755 bin/hello hi").code(0);
        let path = std::env::var_os("PATH").unwrap_or_default().into_string().unwrap();
        let variables = [
            ("BASH_ENV", "{outside}/rc"),
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "alias.evil"),
            ("GIT_CONFIG_VALUE_0", "!echo RAN-git"),
            ("PATH", &format!("{{work}}/bin:{path}:.:")),
        ];
        variables.iter().fold(scene, |scene, (name, value)| scene.env(name, value))
    };
    try_together(
        ready,
        &[
            tells("a file that bash reads", "bash -c true", "RAN-rc"),
            tells("an alias of git", "git evil", "RAN-git"),
            tells("a program of the workspace", "hello", "RAN-path"),
            tells("a program where the command is", "hi", "RAN-empty"),
        ],
    );
}
