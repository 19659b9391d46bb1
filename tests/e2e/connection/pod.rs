//! In a pod: the account that the kubelet mounts, in a mount namespace of the test's own.
