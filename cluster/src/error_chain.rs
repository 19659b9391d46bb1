//! Errors as people read them.

use std::error::Error;

/// Returns the text of an error and of everything that caused it, with colons between them: `cannot read a.yaml: no such
/// file`. A cause that is part of the text already is left out, because many libraries repeat theirs.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}

/// The text of what a client says, as a gap in what was read has it.
pub(crate) fn reason(error: &kube::Error) -> String {
    match error {
        // Its own text has the whole status in it.
        kube::Error::Api(status) if !status.message.is_empty() => status.message.clone(),
        other => chain(other),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Attempt {
        #[error("cannot read a.yaml")]
        Silent(#[source] io::Error),
        #[error("cannot read a.yaml: {0}")]
        Talkative(#[source] io::Error),
        #[error("cannot start")]
        Outer(#[source] Box<Attempt>),
    }

    #[test]
    fn every_cause_is_said_once() {
        let cause = || io::Error::other("the disk is gone");
        for attempt in [Attempt::Silent(cause()), Attempt::Talkative(cause())] {
            assert_eq!(chain(&attempt), "cannot read a.yaml: the disk is gone");
            assert_eq!(
                chain(&Attempt::Outer(Box::new(attempt))),
                "cannot start: cannot read a.yaml: the disk is gone"
            );
        }
    }
}
