//! A cursor over text for the hand-written grammars of this folder.

/// What is left of a text to read. Positions are always character boundaries, so nothing here can panic.
#[derive(Debug, Clone)]
pub(super) struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Takes `wanted` if it comes next.
    pub(super) fn eat(&mut self, wanted: char) -> bool {
        self.eat_if(|next| next == wanted).is_some()
    }

    /// Takes the next character if it is one of `wanted`.
    pub(super) fn eat_any(&mut self, wanted: &[char]) -> Option<char> {
        self.eat_if(|next| wanted.contains(&next))
    }

    /// Takes the next character if `accepts` it.
    pub(super) fn eat_if(&mut self, accepts: impl Fn(char) -> bool) -> Option<char> {
        let next = self.rest.chars().next().filter(|next| accepts(*next))?;
        self.rest = &self.rest[next.len_utf8()..];
        Some(next)
    }

    /// Takes the longest run of characters that `accepts`; it may be empty.
    pub(super) fn eat_while(&mut self, accepts: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|next| !accepts(next)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// Takes the longest run of ASCII digits; it may be empty.
    pub(super) fn digits(&mut self) -> &'a str {
        self.eat_while(|next| next.is_ascii_digit())
    }

    /// Takes exactly `count` ASCII digits (at most nine) as a number, and nothing when there are fewer.
    pub(super) fn number(&mut self, count: usize) -> Option<u32> {
        let taken = self.rest.get(..count)?;
        if !taken.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        self.rest = &self.rest[count..];
        taken.parse().ok()
    }
}

/// Whether `year` has a 29 February in the calendar that Go and jiff share.
pub(super) fn is_leap_year(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// The days of a month; 0 for a month that does not exist, so that no day of it is valid.
pub(super) fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap_year(year) => 29,
        2 => 28,
        _ => 0,
    }
}
