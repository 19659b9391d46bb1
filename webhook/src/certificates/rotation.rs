//! What to do next, decided from what was seen. No IO: a pure function of a [`View`].
//!
//! ```text
//!            prepared            published             promoted               dropped
//!  Stable ───────────→ Publishing ────────→ Waiting ────────────→ Overlapping ───────→ Stable
//!  current             current, next        the same, for a      next is current,
//!                                           while                the old one is kept
//! ```
//!
//! The order of things keeps one promise: **whatever leaf a replica may serve, its issuer is in every bundle.** A leaf is
//! signed only with an authority that was seen in every bundle. An authority becomes `current` only after it has been
//! there for [`Timings::publish_wait`]. It leaves the bundles only after the last leaf that anybody can have signed with
//! it is over: leaves are dated from before the Secret was read, and the end of an authority is reckoned from when it was
//! replaced there.
//!
//! A replica that slept forgets what it decided and what it remembered ([`Timings::is_fresh`]).
//!
//! Any replica takes any step. A step is one write that fails when somebody else has written since, so a replica that
//! stops between two steps leaves a state that each of the others can go on from.

use jiff::Timestamp;

use super::authority::{Authority, Root};
use super::leaf::Signed;
use super::secret::{FoundSecret, Kept, SecretContents};
use super::timings::{Timings, earlier, later};

/// More authorities than that are kept only if they come by themselves; who asks for a rotation has to wait.
const MOST_KEPT: usize = 8;

/// Everything that a decision depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'v> {
    /// The time at the API server before the Secret was read.
    pub(crate) now: Timestamp,
    /// How long everything lasts.
    pub(crate) timings: &'v Timings,
    /// What the Secret holds.
    pub(crate) found: &'v FoundSecret,
    /// Whether somebody asks for a new authority.
    pub(crate) rotation_asked: bool,
    /// What the Secret held when it last held something.
    pub(crate) remembered: Option<&'v SecretContents>,
    /// The leaf that this replica serves.
    pub(crate) served: Option<&'v Signed>,
    /// What was in the bundles, before the Secret was read; `None` for a configuration that is not there.
    pub(crate) bundles: &'v [Option<Vec<Bundle>>],
}

/// One `caBundle`.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Bundle {
    text: Vec<u8>,
    roots: Vec<Root>,
}

impl std::fmt::Debug for Bundle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.roots.fmt(formatter)
    }
}

impl Bundle {
    /// Reads a bundle in PEM; one that is absent is empty.
    pub(crate) fn of(text: Option<&[u8]>) -> Self {
        let text = text.unwrap_or_default();
        Self {
            text: text.to_vec(),
            roots: Root::all_in(text),
        }
    }

    /// Whether an authority is in it, byte for byte.
    pub(crate) fn holds(&self, root: &Root) -> bool {
        self.roots.contains(root)
    }
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Write this into the Secret, unless it has changed since it was read.
    Write(Step, SecretContents),
    /// Put this into every webhook of a configuration, unless that has changed since it was read.
    Apply {
        /// Its place in [`View::bundles`].
        configuration: usize,
        bundle: Vec<u8>,
    },
    /// Nothing, until something changes or time passes.
    Rest,
}

/// What a write to the Secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// There was nothing to go on with, so it starts with a new authority.
    Begun,
    /// There was nothing any more, so what was remembered is there again, to be published anew.
    Restored,
    /// An authority that is not valid now is gone.
    Discarded,
    /// The Secret is another one than the leaves that are served come from: their authorities stay in the bundles.
    Adopted,
    /// Authorities whose leaves are over leave the bundles.
    Dropped,
    /// The current authority nears its end, or somebody asked: the next one is made.
    Prepared,
    /// Somebody asked while enough is under way already.
    Declined,
    /// A bundle lost the next authority while it was waited for.
    Interrupted,
    /// The next authority is in every bundle.
    Published,
    /// The next authority is the current one.
    Promoted,
}

impl Step {
    /// For metrics and logs.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Restored => "restored",
            Self::Discarded => "discarded",
            Self::Adopted => "adopted",
            Self::Dropped => "dropped",
            Self::Prepared => "prepared",
            Self::Declined => "declined",
            Self::Interrupted => "interrupted",
            Self::Published => "published",
            Self::Promoted => "promoted",
        }
    }

    /// Whether it depends on what others have put into the bundles. Those must then be read after the Secret: else a
    /// promotion in between goes unseen, and with it an authority whose leaves are served.
    pub(crate) fn rests_on_bundles(self) -> bool {
        matches!(self, Self::Begun | Self::Restored | Self::Adopted)
    }
}

/// Why a leaf is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum SigningReason {
    /// None is served yet.
    First,
    /// The one that is served is not valid, or not for long, or not in every bundle.
    Untrusted,
    /// Another authority is current.
    Promoted,
    /// It nears its end.
    Due,
}

/// The next step with the Secret and the bundles. `make` makes a new authority.
pub(crate) fn next_step<E>(view: &View<'_>, make: impl FnOnce() -> Result<Authority, E>) -> Result<Action, E> {
    let contents = match view.found {
        FoundSecret::Good(contents) if view.can_sign(contents) => contents,
        _ => return view.begin(make),
    };
    let tidied = view.discard(contents);
    let tidied = tidied
        .or_else(|| view.adopt(contents))
        .or_else(|| view.drop_kept(contents));
    if let Some(action) = tidied {
        return Ok(action);
    }
    if let Some(action) = view.prepare(contents, make)? {
        return Ok(action);
    }
    Ok(view
        .repair_bundles(contents)
        .or_else(|| view.advance(contents))
        .unwrap_or(Action::Rest))
}

/// The authority to sign a new leaf with, and why; `None` while the leaf that is served will do.
pub(crate) fn signing<'v>(view: &View<'v>) -> Option<(&'v Authority, SigningReason)> {
    let (contents, promoted) = match view.found {
        FoundSecret::Good(contents) => (contents, contents.current.is_some()),
        // Without the Secret, and without the right to make it, serving goes on, and nothing new begins.
        FoundSecret::Nothing(_) => (view.remembered?, false),
    };
    let authority = contents.current.as_ref().or(contents.next.as_ref())?;
    if !authority.root().validity().contains(view.now) || !view.is_everywhere(authority.root()) {
        return None;
    }
    let Some(served) = view.served else {
        return Some((authority, SigningReason::First));
    };
    let end = earlier(served.validity.not_after, view.timings.reserve());
    let why = if !served.validity.contains(view.now) || end <= view.now || !view.is_everywhere(&served.issuer) {
        SigningReason::Untrusted
    } else if served.issuer != *authority.root() {
        // What is only published replaces nothing that works; what is promoted does.
        if !promoted {
            return None;
        }
        SigningReason::Promoted
    } else if Timings::due(view.timings.leaf, served.validity.not_after) <= view.now {
        SigningReason::Due
    } else {
        return None;
    };
    Some((authority, why))
}

impl View<'_> {
    /// What is remembered, or something new, beside whatever the bundles vouch for.
    fn begin<E>(&self, make: impl FnOnce() -> Result<Authority, E>) -> Result<Action, E> {
        let (step, mut contents) = match self.remembered.filter(|contents| self.can_sign(contents)) {
            Some(remembered) => (Step::Restored, remembered.clone()),
            None => (
                Step::Begun,
                SecretContents {
                    next: Some(make()?),
                    ..SecretContents::default()
                },
            ),
        };
        // Others may have signed with what they remember. What is in the bundles stays there as long as that can matter.
        contents.kept.clear();
        self.keep_unknown_roots(&mut contents);
        // Nothing in it is current before it has been published: until then all that is in the bundles stays there.
        contents.published = None;
        if let Some(current) = contents.current.take()
            && let Some(next) = contents.next.replace(current)
        {
            contents.kept.push(self.kept(next.root().clone()));
        }
        Ok(Action::Write(step, contents))
    }

    /// Whether there is an authority that is valid now.
    fn can_sign(&self, contents: &SecretContents) -> bool {
        let mut signing = contents.current.iter().chain(&contents.next);
        signing.any(|authority| authority.root().validity().contains(self.now))
    }

    /// One of two authorities is over, or not valid yet: it signs nothing that anybody believes.
    fn discard(&self, contents: &SecretContents) -> Option<Action> {
        let valid = |authority: &Authority| authority.root().validity().contains(self.now);
        let all_valid = contents.current.iter().chain(&contents.next).all(valid);
        (!all_valid).then(|| {
            let mut contents = contents.clone();
            contents.current = contents.current.filter(valid);
            contents.next = contents.next.filter(valid);
            contents.published = contents.published.filter(|_| contents.next.is_some());
            Action::Write(Step::Discarded, contents)
        })
    }

    /// The Secret was replaced: by a backup, by hand, by a replica that found none. What is served now must stay in the
    /// bundles until its successor is there.
    fn adopt(&self, contents: &SecretContents) -> Option<Action> {
        let current = contents.current.as_ref().map(Authority::root);
        let serves = self.served.filter(|served| served.validity.contains(self.now));
        let is_of_another = serves.is_some_and(|served| !contents.knows(&served.issuer));
        let displaced = |bundle: &Bundle| {
            let may_be = match current {
                // A current authority is in every bundle. Who serves nothing yet cannot tell but by this.
                Some(root) => serves.is_none() && !bundle.holds(root),
                // The Secret was made by a replica that may have looked before others made one that is gone again: the API
                // server cannot make a creation depend on that. What they sign with is in the bundles.
                None => true,
            };
            may_be && self.unknown_roots_in(bundle, contents).next().is_some()
        };
        let replaced = is_of_another || self.all_bundles().any(displaced);
        if !replaced {
            return None;
        }
        let mut contents = contents.clone();
        self.keep_unknown_roots(&mut contents);
        self.publish_anew(&mut contents);
        Some(Action::Write(Step::Adopted, contents))
    }

    fn drop_kept(&self, contents: &SecretContents) -> Option<Action> {
        let over = |kept: &Kept| kept.until <= self.now || !kept.root.validity().contains(self.now);
        contents.kept.iter().any(over).then(|| {
            let mut contents = contents.clone();
            contents.kept.retain(|kept| !over(kept));
            Action::Write(Step::Dropped, contents)
        })
    }

    fn prepare<E>(
        &self,
        contents: &SecretContents,
        make: impl FnOnce() -> Result<Authority, E>,
    ) -> Result<Option<Action>, E> {
        let due =
            |current: &Authority| Timings::due(self.timings.authority, current.root().validity().not_after) <= self.now;
        let busy = contents.next.is_some();
        let mut contents = contents.clone();
        if self.rotation_asked && (busy || contents.kept.len() >= MOST_KEPT) {
            return Ok(Some(Action::Write(Step::Declined, contents)));
        }
        if busy || !(self.rotation_asked || contents.current.as_ref().is_some_and(due)) {
            return Ok(None);
        }
        contents.next = Some(make()?);
        contents.published = None;
        Ok(Some(Action::Write(Step::Prepared, contents)))
    }

    /// What is in the bundles is what the Secret says, nothing more and nothing less.
    fn repair_bundles(&self, contents: &SecretContents) -> Option<Action> {
        let bundle = contents.bundle();
        let differs = |webhooks: &Option<Vec<Bundle>>| webhooks.iter().flatten().any(|live| live.text != bundle);
        let configuration = self.bundles.iter().position(differs)?;
        if contents.next.is_some() && contents.published.is_some() {
            let mut contents = contents.clone();
            contents.published = None;
            return Some(Action::Write(Step::Interrupted, contents));
        }
        Some(Action::Apply { configuration, bundle })
    }

    /// Every bundle is as it should be.
    fn advance(&self, contents: &SecretContents) -> Option<Action> {
        contents.next.as_ref()?;
        let mut contents = contents.clone();
        // Where there was nothing before, nobody serves a leaf that could be lost.
        let at_once = contents.current.is_none() && contents.kept.is_empty();
        // A clock that was set back would make the wait endless.
        let published = contents.published.filter(|published| *published <= self.now);
        match published {
            None if !at_once => {
                contents.published = Some(self.now);
                Some(Action::Write(Step::Published, contents))
            }
            Some(published) if !at_once && self.now < later(published, self.timings.publish_wait) => None,
            _ => {
                if let Some(old) = contents.current.take() {
                    contents.kept.push(self.kept(old.root().clone()));
                }
                contents.current = contents.next.take();
                contents.published = None;
                Some(Action::Write(Step::Promoted, contents))
            }
        }
    }

    fn keep_unknown_roots(&self, contents: &mut SecretContents) {
        let issuer = self.served.map(|served| &served.issuer);
        let issuer = issuer.filter(|issuer| issuer.validity().contains(self.now) && !contents.knows(issuer));
        let mut unknown: Vec<Root> = issuer.cloned().into_iter().collect();
        for bundle in self.all_bundles() {
            unknown.extend(self.unknown_roots_in(bundle, contents).cloned());
        }
        for root in unknown {
            if !contents.knows(&root) {
                contents.kept.push(self.kept(root));
            }
        }
    }

    /// What is in the Secret came another way than by rotation: a current authority that is not in every bundle has to
    /// get there first, and beside others that have leaves out it has to have been there long enough. How long it, or the
    /// next one, has been there already is not known.
    fn publish_anew(&self, contents: &mut SecretContents) {
        contents.published = None;
        let is_alone = contents.kept.is_empty();
        let unpublished = |current: &mut Authority| !is_alone || !self.is_everywhere(current.root());
        if let Some(current) = contents.current.take_if(unpublished)
            && let Some(next) = contents.next.replace(current)
        {
            contents.kept.push(self.kept(next.root().clone()));
        }
    }

    /// Authorities in a bundle that may have leaves out and that the Secret says nothing of.
    fn unknown_roots_in<'b>(&self, bundle: &'b Bundle, contents: &SecretContents) -> impl Iterator<Item = &'b Root> {
        let now = self.now;
        let is_unknown = move |root: &&Root| root.validity().contains(now) && !contents.knows(root);
        bundle.roots.iter().filter(is_unknown)
    }

    fn kept(&self, root: Root) -> Kept {
        let until = later(later(self.now, self.timings.leaf), self.timings.overlap);
        Kept { root, until }
    }

    fn all_bundles(&self) -> impl Iterator<Item = &Bundle> {
        self.bundles.iter().flatten().flatten()
    }

    fn is_everywhere(&self, root: &Root) -> bool {
        self.all_bundles().all(|bundle| bundle.holds(root))
    }
}

#[cfg(test)]
mod tests;
