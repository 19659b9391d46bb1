//! The command lines of the node's programs, and the files that they read.
//!
//! The node sees its directory as `/run/node`, and has all ports to itself.

use crate::error::HarnessError;
use crate::run_directory::RunDirectory;

use super::credentials::ADDRESS;

/// Writes the files of fixed content, and makes the folders that they and the programs need.
pub(crate) fn write(directory: &RunDirectory) -> Result<(), HarnessError> {
    for folder in ["bin", "cni"] {
        let path = directory.path().join(folder);
        std::fs::create_dir(&path).map_err(HarnessError::io(format!("create {}", path.display())))?;
    }
    directory.write("cni/bridge.conflist", include_bytes!("files/bridge.conflist"))?;
    directory.write("containerd.toml", include_bytes!("files/containerd.toml"))?;
    directory.write("kubelet.yaml", include_bytes!("files/kubelet.yaml"))?;
    directory.write("kube-proxy.yaml", include_bytes!("files/kube-proxy.yaml"))
}

pub(crate) fn etcd() -> Vec<String> {
    words(
        "--data-dir=/run/node/etcd
         --listen-client-urls=http://127.0.0.1:2379
         --advertise-client-urls=http://127.0.0.1:2379
         --listen-peer-urls=http://127.0.0.1:2380
         --initial-advertise-peer-urls=http://127.0.0.1:2380
         --initial-cluster=default=http://127.0.0.1:2380
         --unsafe-no-fsync
         --log-level=warn",
    )
}

pub(crate) fn containerd() -> Vec<String> {
    words("--config=/run/node/containerd.toml")
}

pub(crate) fn kube_apiserver() -> Vec<String> {
    let mut arguments = words(
        "--etcd-servers=http://127.0.0.1:2379
         --bind-address=0.0.0.0
         --secure-port=6443
         --tls-cert-file=/run/node/apiserver.crt
         --tls-private-key-file=/run/node/apiserver.key
         --client-ca-file=/run/node/ca.crt
         --token-auth-file=/run/node/tokens.csv
         --kubelet-client-certificate=/run/node/kubelet-client.crt
         --kubelet-client-key=/run/node/kubelet-client.key
         --kubelet-certificate-authority=/run/node/ca.crt
         --kubelet-preferred-address-types=InternalIP
         --service-account-issuer=https://kubernetes.default.svc
         --service-account-key-file=/run/node/service-account.pub
         --service-account-signing-key-file=/run/node/service-account.key
         --authorization-mode=Node,RBAC
         --enable-admission-plugins=NodeRestriction
         --service-cluster-ip-range=10.96.0.0/16
         --allow-privileged=true",
    );
    arguments.push(format!("--advertise-address={ADDRESS}"));
    // It then calls the pods of a webhook's Service itself, as on the managed clusters, and does not need kube-proxy.
    arguments.push("--enable-aggregator-routing=true".into());
    arguments
}

pub(crate) fn kube_controller_manager() -> Vec<String> {
    let mut arguments = client("kube-controller-manager");
    arguments.extend(words(
        "--service-account-private-key-file=/run/node/service-account.key
         --root-ca-file=/run/node/ca.crt
         --use-service-account-credentials=true
         --flex-volume-plugin-dir=/run/node/kubelet-plugins
         --leader-elect=false
         --kube-api-qps=200
         --kube-api-burst=400",
    ));
    arguments
}

pub(crate) fn kube_scheduler() -> Vec<String> {
    let mut arguments = client("kube-scheduler");
    arguments.push("--leader-elect=false".into());
    arguments
}

/// `control_group` is the name of the group that every hierarchy has for this node.
pub(crate) fn kubelet(control_group: &str) -> Vec<String> {
    let mut arguments = words(
        "--config=/run/node/kubelet.yaml
         --kubeconfig=/run/node/kubelet.kubeconfig
         --hostname-override=node
         --root-dir=/run/node/kubelet
         --cert-dir=/run/node/kubelet/pki",
    );
    arguments.push(format!("--node-ip={ADDRESS}"));
    arguments.push(format!("--cgroup-root=/{control_group}"));
    arguments
}

pub(crate) fn kube_proxy() -> Vec<String> {
    words("--config=/run/node/kube-proxy.yaml")
}

/// The identity of a program of the control plane. Nobody asks it anything, so it needs no port.
fn client(program: &str) -> Vec<String> {
    vec![
        format!("--kubeconfig=/run/node/{program}.kubeconfig"),
        "--secure-port=0".into(),
    ]
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
