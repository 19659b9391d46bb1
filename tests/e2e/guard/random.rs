//! Values near the border between good and poison, the same in each run.

use super::places::{QUANTITIES, TIMES};

/// Marsaglia's xorshift: as random as a test needs, and repeatable.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// A number below `end`, which is not zero.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    pub(crate) fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    pub(crate) fn time(&mut self) -> String {
        if self.below(3) == 0 {
            let start = self.one_of(TIMES);
            return self.mutated(
                start,
                &['0', '2', '5', '9', 't', 'T', 'z', 'Z', '+', '-', ':', '.', ',', ' '],
            );
        }
        let date = format!(
            "{:04}-{:02}-{:02}",
            self.below(10_000),
            1 + self.below(12),
            1 + self.below(29)
        );
        let clock = format!("{:02}:{:02}:{:02}", self.below(24), self.below(60), self.below(60));
        let separator = self.one_of(&["T", "T", "T", "t"]);
        let fraction = match self.below(4) {
            0 => format!("{}{}", self.one_of(&[".", ".", ",", ":", "x"]), self.below(1_000_000)),
            _ => String::new(),
        };
        let zone = match self.below(4) {
            0 => self.one_of(&["Z", "Z", "z", "ZT", "Zt1"]).to_owned(),
            1 => "Z".to_owned(),
            _ => format!(
                "{}{:02}:{:02}",
                self.one_of(&["+", "-"]),
                self.below(28),
                self.below(66)
            ),
        };
        format!("{date}{separator}{clock}{fraction}{zone}")
    }

    pub(crate) fn quantity(&mut self) -> String {
        if self.below(3) == 0 {
            let start = self.one_of(QUANTITIES);
            return self.mutated(start, &['0', '1', '8', '9', '.', 'e', 'E', 'i', 'm', 'G', '+', '-']);
        }
        let sign = self.one_of(&["", "", "", "-", "+"]);
        let number = match self.below(4) {
            0 => format!(".{}", self.below(1000)),
            1 => format!("{}.{}", self.below(1000), self.below(1000)),
            2 => format!("{}.", self.below(1000)),
            _ => self.below(1_000_000).to_string(),
        };
        let suffix = match self.below(4) {
            0 => self
                .one_of(&[
                    "", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei",
                ])
                .to_owned(),
            1 => format!("{}{}.{}", self.one_of(&["e", "E"]), self.below(30), self.below(10)),
            2 => format!(
                "{}{}0{}",
                self.one_of(&["e", "E"]),
                self.one_of(&["", "-", "+"]),
                self.below(400)
            ),
            _ => format!(
                "{}{}{}",
                self.one_of(&["e", "E"]),
                self.one_of(&["", "-", "+"]),
                self.below(30)
            ),
        };
        format!("{sign}{number}{suffix}")
    }

    /// The text after one or two small changes.
    pub(crate) fn mutated(&mut self, text: &str, alphabet: &[char]) -> String {
        let mut letters: Vec<char> = text.chars().collect();
        for _ in 0..=self.below(2) {
            let letter = alphabet[self.below(alphabet.len())];
            let position = self.below(letters.len() + 1);
            match self.below(3) {
                0 => letters.insert(position, letter),
                _ if position == letters.len() => {}
                1 => letters[position] = letter,
                _ => drop(letters.remove(position)),
            }
        }
        letters.into_iter().collect()
    }
}
