//! What a cluster on this machine needs.

use super::Check;
use super::toolchain::version;

const GROUP: &str = "kubernetes";

pub(super) async fn checks() -> Vec<Check> {
    let (docker, kind, kubectl) = tokio::join!(
        version("docker", &["info", "--format", "{{.ServerVersion}}"]),
        version("kind", &["--version"]),
        version("kubectl", &["version", "--client"]),
    );
    vec![
        check("Docker", docker, "install it (https://docs.docker.com/engine/install), start it, join the group docker"),
        check("kind", kind, "go install sigs.k8s.io/kind@latest, or see https://kind.sigs.k8s.io"),
        check("kubectl", kubectl, "see https://kubernetes.io/docs/tasks/tools"),
    ]
}

fn check(name: &str, found: Result<String, String>, mend: &str) -> Check {
    match found {
        Ok(found) => Check::good(GROUP, name, found),
        Err(why) => Check::bad(GROUP, name, why).mend(mend),
    }
}
