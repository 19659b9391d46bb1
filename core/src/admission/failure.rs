//! Why a call of a webhook brought no answer, by the words of the API server.

use crate::quoted::quoted;

/// Why a call brought no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The Service does not exist, or not with this port.
    NoService,
    /// No pod behind the Service is ready.
    NoEndpoints,
    /// Nothing listens there.
    Refused,
    /// Nothing came back in time.
    Timeout,
    /// The control plane connects to no such address.
    NotAllowed,
    /// No way leads there.
    NoRoute,
    /// The `caBundle` holds no certificate.
    BadBundle,
    /// The certificate was signed by somebody who is not in the `caBundle`.
    UnknownAuthority,
    /// The certificate has ended.
    Expired,
    /// The certificate does not count yet.
    NotYetValid,
    /// The certificate is for another name.
    WrongName,
    /// What answers does not speak TLS.
    NoTls,
    /// The webhook wants to see a certificate of the API server.
    CallerUnknown,
    /// The connection ended early.
    Broken,
    /// There was an answer, and no verdict in it.
    NoVerdict,
    /// Another cause.
    Other,
}

/// A call that failed, as the API server tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedCall {
    /// The name of the webhook.
    pub webhook: String,
    /// What it said behind the name and the address.
    pub words: String,
    /// What that means.
    pub failure: Failure,
}

/// The words of each cause, in lower case; the first that stand in a message tell.
const SIGNS: &[(&str, Failure)] = &[
    // A proxy or a firewall may say why in its own words, which stand behind others.
    ("address is not allowed", Failure::NotAllowed),
    ("address not allowed", Failure::NotAllowed),
    ("unable to load root certificates", Failure::BadBundle),
    ("signed by unknown authority", Failure::UnknownAuthority),
    ("is not valid for any names", Failure::WrongName),
    ("x509: certificate is valid for", Failure::WrongName),
    ("x509: cannot validate certificate for", Failure::WrongName),
    ("legacy common name", Failure::WrongName),
    ("no endpoints available for service", Failure::NoEndpoints),
    ("no service port", Failure::NoService),
    ("connection refused", Failure::Refused),
    ("no route to host", Failure::NoRoute),
    ("network is unreachable", Failure::NoRoute),
    ("server gave http response to https client", Failure::NoTls),
    ("first record does not look like a tls handshake", Failure::NoTls),
    ("tls: certificate required", Failure::CallerUnknown),
    ("tls: bad certificate", Failure::CallerUnknown),
    ("tls: unknown certificate authority", Failure::CallerUnknown),
    ("context deadline exceeded", Failure::Timeout),
    ("i/o timeout", Failure::Timeout),
    ("tls handshake timeout", Failure::Timeout),
    ("client.timeout exceeded", Failure::Timeout),
    ("connection timed out", Failure::Timeout),
    ("connection reset by peer", Failure::Broken),
    ("broken pipe", Failure::Broken),
    ("eof", Failure::Broken),
    ("an error on the server", Failure::NoVerdict),
    ("the server could not find the requested resource", Failure::NoVerdict),
    ("the server rejected our request", Failure::NoVerdict),
    ("received invalid webhook response", Failure::NoVerdict),
];

impl Failure {
    /// Reads it out of a message of the API server.
    pub fn of(message: &str) -> Self {
        let lower = message.to_ascii_lowercase();
        if lower.contains("certificate has expired or is not yet valid") {
            // Go says both in one sentence, and behind it at which end the time is.
            let is_early = lower.contains(" is before ");
            return if is_early { Self::NotYetValid } else { Self::Expired };
        }
        if lower.contains("service \"") && lower.trim_end().ends_with("not found") {
            return Self::NoService;
        }
        let sign = SIGNS.iter().find(|(words, _)| lower.contains(words));
        sign.map_or(Self::Other, |(_, failure)| *failure)
    }

    /// Whether it is one of the certificate or of whom the API server trusts.
    pub fn is_of_trust(self) -> bool {
        matches!(
            self,
            Self::BadBundle | Self::UnknownAuthority | Self::Expired | Self::NotYetValid | Self::WrongName
        )
    }

    /// The cause, as a sentence goes on behind a colon; `words` are those of the API server.
    pub fn cause(self, words: &str) -> String {
        let told = match self {
            Self::NoService => "its Service, or the port of it that is called, does not exist",
            Self::NoEndpoints => "no pod behind its Service is ready",
            Self::Refused => "the connection was refused, nothing listens at the port of the pod",
            Self::Timeout => {
                "no answer came in time; so it is where a firewall keeps the control plane from the port of the pods, and \
                 where the pods hang"
            }
            Self::NotAllowed => {
                "the control plane refuses to connect to the address of the pod (Address is not allowed); so it is on EKS \
                 where pods have addresses that are not of the VPC"
            }
            Self::NoRoute => "no route leads from the control plane to the pod",
            Self::BadBundle => "its caBundle holds no certificate in PEM format",
            Self::UnknownAuthority => {
                "the certificate that is served was signed by an authority that is not in caBundle"
            }
            Self::Expired => "the certificate that is served, or the authority in caBundle, has expired",
            Self::NotYetValid => "the certificate that is served is not valid yet",
            Self::WrongName => "the certificate that is served is for another name than that of the Service",
            Self::NoTls => "what answers at the port speaks no TLS",
            Self::CallerUnknown => {
                "the webhook wants a certificate of the API server, and the API server shows none that it knows"
            }
            Self::Broken => "the connection ended before there was an answer",
            Self::NoVerdict => "what answers is no verdict",
            Self::Other => return quoted(words).to_string(),
        };
        told.to_owned()
    }

    /// What helps.
    pub fn help(self) -> &'static str {
        match self {
            Self::NoService => "install the chart again, or delete the webhook configurations: their Service is gone",
            Self::NoEndpoints | Self::Refused => "look at the pods of the webhook and at their log",
            Self::Timeout => {
                "let the control plane reach the port of the pods, 10250 unless the chart says otherwise: a firewall rule of a \
                 private cluster, a NetworkPolicy; and look at the pods"
            }
            Self::NotAllowed => {
                "give the pods addresses that the control plane reaches: the value `hostNetwork: true` of the chart \
                 (docs/webhook.md, On the network of the nodes), or the network plugin of EKS"
            }
            Self::NoRoute => {
                "look at the network between control plane and nodes, and at NetworkPolicies of the namespace"
            }
            Self::BadBundle | Self::UnknownAuthority => {
                "put the authority of the certificate into caBundle; in the mode `self` the webhook does that itself, and \
                 its log says why it does not; a tool that compares with Git has to leave the field alone"
            }
            Self::Expired => {
                "renew it (docs/webhook.md, Certificates): in the modes `helm` and `existingSecret` nobody else does; else \
                 compare the clocks of the nodes"
            }
            Self::NotYetValid => "compare the clocks of the nodes and of whoever made the certificate",
            Self::WrongName => "issue the certificate for SERVICE.NAMESPACE.svc of the Service that is called",
            Self::NoTls => "look at `targetPort` of the Service: it must be the port for reviews, not that for status",
            Self::CallerUnknown => {
                "give the API server a certificate for the webhook (docs/webhook-reference.md), or take \
                 `tls.clientCertificate` out of the values of the chart"
            }
            Self::Broken => "once: run it again; again and again: look at the log of the previous container",
            Self::NoVerdict | Self::Other => "look at the log of the webhook",
        }
    }
}

impl FailedCall {
    /// Reads `failed calling webhook "NAME": failed to call webhook: Post "https://…": WORDS` out of a message.
    pub fn of(message: &str) -> Option<Self> {
        let (_, rest) = message.split_once("failed calling webhook \"")?;
        let (webhook, rest) = rest.split_once('"')?;
        // The address stands in quotes before them, where one was reached.
        let words = rest.split_once("Post \"").and_then(|(_, rest)| rest.split_once("\": "));
        let words = words.map_or_else(|| rest.trim_start_matches(": "), |(_, words)| words);
        Some(Self {
            webhook: webhook.to_owned(),
            words: words.trim_start_matches("failed to call webhook: ").to_owned(),
            failure: Failure::of(rest),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As API servers of Kubernetes 1.36 say it, and as those of EKS do.
    #[test]
    fn each_cause_is_told_by_the_words_of_the_api_server() {
        let post = "Post \"https://guard.neo4jbackup.svc:443/validate?timeout=3s\": ";
        for (words, expected) in [
            ("dial tcp 10.96.0.7:443: connect: connection refused", Failure::Refused),
            ("context deadline exceeded", Failure::Timeout),
            ("dial tcp 10.0.3.4:10250: i/o timeout", Failure::Timeout),
            (
                "net/http: request canceled (Client.Timeout exceeded while awaiting headers)",
                Failure::Timeout,
            ),
            ("Address is not allowed", Failure::NotAllowed),
            (
                "proxy error from p.sock while dialing 10.0.3.4:10250, code 403: 403 Address is not allowed",
                Failure::NotAllowed,
            ),
            ("service \"guard\" not found", Failure::NoService),
            ("no service port 443 found for service \"guard\"", Failure::NoService),
            ("no endpoints available for service \"guard\"", Failure::NoEndpoints),
            (
                "tls: failed to verify certificate: x509: certificate signed by unknown authority",
                Failure::UnknownAuthority,
            ),
            (
                "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time \
                 2026-11-27T14:00:00Z is after 2020-12-31T00:00:00Z",
                Failure::Expired,
            ),
            (
                "x509: certificate has expired or is not yet valid: current time 2026-11-27T14:00:00Z is before \
                 2040-01-01T00:00:00Z",
                Failure::NotYetValid,
            ),
            (
                "x509: certificate is valid for a.b.svc, not guard.neo4jbackup.svc",
                Failure::WrongName,
            ),
            (
                "x509: certificate is not valid for any names, but wanted to match a.b.svc",
                Failure::WrongName,
            ),
            ("EOF", Failure::Broken),
            ("http: server gave HTTP response to HTTPS client", Failure::NoTls),
            ("remote error: tls: certificate required", Failure::CallerUnknown),
            ("something new", Failure::Other),
        ] {
            let message = format!(
                "Internal error occurred: failed calling webhook \"validate.neo4jbackup.github.io\": failed to call webhook: \
                 {post}{words}"
            );
            let call = FailedCall::of(&message).unwrap();
            assert_eq!(call.failure, expected, "{words}");
            assert_eq!(
                (call.webhook.as_str(), call.words.as_str()),
                ("validate.neo4jbackup.github.io", words)
            );
            assert!(!call.failure.help().is_empty());
        }
    }

    #[test]
    fn what_is_no_call_that_failed_is_none() {
        assert_eq!(
            FailedCall::of("admission webhook \"a.b.c\" denied the request: no"),
            None
        );
        let without_address =
            "failed calling webhook \"a.b.c\": unable to load root certificates: unable to parse bytes as PEM block";
        let call = FailedCall::of(without_address).unwrap();
        assert_eq!(call.failure, Failure::BadBundle);
        assert!(call.failure.cause(&call.words).contains("caBundle"));
    }
}
