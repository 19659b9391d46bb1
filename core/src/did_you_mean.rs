//! "Did you mean": the word that an unknown one was probably meant to be. For fields, kinds, values, rules, keys of settings.

/// Longer words are not compared, so that foreign text cannot make the comparison slow.
const LONGEST_WORD: usize = 64;

/// A word of one or two letters with a slip in it could be anything.
const SHORTEST_WORD: usize = 3;

/// So many letters of a word are the beginning of a longer one, and not just of any.
const SHORTEST_BEGINNING: usize = 5;

/// Letters for each slip. rustc takes the same third for names: with a quarter, `shedul` is not near `schedule`; with a
/// half, `date` is near `name`.
const LETTERS_PER_SLIP: usize = 3;

/// However long a word is, one that is four slips away is another word.
const MOST_SLIPS: usize = 3;

/// Returns the candidate nearest to `word`, or `None` when none is near enough to be meant, when two are equally near, or
/// when `word` is a candidate itself.
///
/// Letters count the same in either case, and so do `-` and `_` left out, and `O` and `l` for the digits that look like them. Near enough is one slip (a letter missing,
/// added, wrong, or two swapped) for each three letters, at most three slips; or the word is the beginning of the
/// candidate and of no other (`credentialsSecret` for `credentialsSecretRef`).
pub fn closest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if word.len() > LONGEST_WORD {
        return None;
    }
    let folded = fold(word);
    if folded.len() < SHORTEST_WORD {
        return None;
    }
    let bound = (folded.len() / LETTERS_PER_SLIP).clamp(1, MOST_SLIPS);
    let mut best: Option<(usize, &str)> = None;
    let mut tie = false;
    for candidate in candidates {
        if candidate.len() > LONGEST_WORD || candidate == word {
            continue;
        }
        let candidate_folded = fold(candidate);
        let is_beginning = folded.len() >= SHORTEST_BEGINNING && candidate_folded.starts_with(&folded);
        // Each letter that one has more than the other is a slip of its own.
        if candidate_folded.len().abs_diff(folded.len()) > bound && !is_beginning {
            continue;
        }
        let Some(distance) = distance(&folded, &candidate_folded, bound).or(is_beginning.then_some(bound)) else {
            continue;
        };
        match best {
            Some((nearest, _)) if distance > nearest => {}
            Some((nearest, known)) if distance == nearest => tie |= known != candidate,
            _ => {
                best = Some((distance, candidate));
                tie = false;
            }
        }
    }
    best.filter(|_| !tie).map(|(_, candidate)| candidate)
}

/// Whether one letter is missing, added, wrong, or swapped with the next, or letters are only in the wrong case.
pub fn is_one_slip(from: &str, to: &str) -> bool {
    let letters = |word: &str| word.chars().collect::<Vec<char>>();
    let (left, right) = (letters(from), letters(to));
    from.eq_ignore_ascii_case(to) || (left.len().abs_diff(right.len()) <= 1 && distance(&left, &right, 1).is_some())
}

fn fold(word: &str) -> Vec<char> {
    word.chars()
        .filter(|next| !matches!(next, '-' | '_'))
        .flat_map(char::to_lowercase)
        .map(|letter| match letter {
            // They look alike, and in a code one stands for the other.
            'o' => '0',
            'l' => '1',
            letter => letter,
        })
        .collect()
}

/// The number of slips between two words, or `None` above `most`: Damerau-Levenshtein, where swapped neighbours count as
/// one.
///
/// Foreign text decides how often this runs, so that letters at both ends that are the same are left out, and no letter is
/// looked at any more once there are too many slips.
fn distance(left: &[char], right: &[char], most: usize) -> Option<usize> {
    let (left, right) = without_same_ends(left, right);
    let width = right.len() + 1;
    let mut before_previous = vec![0; width];
    let mut previous: Vec<usize> = (0..width).collect();
    let mut current = vec![0; width];
    for (row, left_character) in left.iter().enumerate() {
        current[0] = row + 1;
        for (column, right_character) in right.iter().enumerate() {
            let replaced = previous[column] + usize::from(left_character != right_character);
            let mut slips = replaced.min(previous[column + 1] + 1).min(current[column] + 1);
            let swapped =
                row > 0 && column > 0 && left[row - 1] == *right_character && right[column - 1] == *left_character;
            if swapped {
                slips = slips.min(before_previous[column - 1] + 1);
            }
            current[column + 1] = slips;
        }
        // A swap takes its count from two rows above.
        if current.iter().chain(&previous).all(|slips| *slips > most) {
            return None;
        }
        std::mem::swap(&mut before_previous, &mut previous);
        std::mem::swap(&mut previous, &mut current);
    }
    Some(previous[right.len()]).filter(|slips| *slips <= most)
}

fn without_same_ends<'w>(left: &'w [char], right: &'w [char]) -> (&'w [char], &'w [char]) {
    let same =
        |pairs: &mut dyn Iterator<Item = (&char, &char)>| pairs.take_while(|(left, right)| left == right).count();
    let start = same(&mut left.iter().zip(right));
    let (left, right) = (&left[start..], &right[start..]);
    let end = same(&mut left.iter().rev().zip(right.iter().rev()));
    (&left[..left.len() - end], &right[..right.len() - end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FIELDS: &[&str] = &[
        "schedule",
        "storage",
        "storageClassName",
        "retention",
        "credentialsSecretRef",
        "instanceRef",
        "maxAge",
        "maxCount",
        "suspend",
        "database",
    ];

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        for (word, expected) in [
            ("shedule", Some("schedule")),
            ("scheduel", Some("schedule")),
            ("Schedule", Some("schedule")),
            ("storageClass", Some("storageClassName")),
            ("credentialsSecret", Some("credentialsSecretRef")),
            ("max-age", Some("maxAge")),
            ("instance_ref", Some("instanceRef")),
            ("timezone", None),
            ("x", None),
            ("", None),
            ("schedule", None),
        ] {
            assert_eq!(closest(word, FIELDS.iter().copied()), expected, "{word}");
        }
    }

    #[test]
    fn two_equally_near_words_are_no_answer() {
        assert_eq!(closest("cat", ["bat", "rat"]), None);
        assert_eq!(closest("bats", ["bat", "rat"]), Some("bat"));
    }

    #[test]
    fn swapped_neighbours_are_one_slip() {
        let folded = |word: &str| fold(word);
        for (left, right, slips) in [("scheduel", "schedule", 1), ("kitten", "sitting", 3), ("", "abc", 3)] {
            assert_eq!(distance(&folded(left), &folded(right), 3), Some(slips), "{left}");
        }
        assert_eq!(distance(&folded("kitten"), &folded("sitting"), 2), None);
    }

    #[test]
    fn one_slip_and_no_more() {
        for (from, to) in [
            ("shedule", "schedule"),
            ("scheduel", "schedule"),
            ("Schedule", "schedule"),
            ("bucketx", "bucket"),
            ("pach", "path"),
        ] {
            assert!(is_one_slip(from, to), "{from}");
        }
        for (from, to) in [("shedul", "schedule"), ("", "schedule"), ("path", "pvc"), ("ab", "cd")] {
            assert!(!is_one_slip(from, to), "{from}");
        }
    }

    #[test]
    fn the_bound_grows_with_the_word_and_ends_at_three() {
        for (word, slips) in [("abc", 1), ("abcdef", 2), ("abcdefghi", 3), ("abcdefghijklmno", 3)] {
            let wrong = |count: usize| word[..word.len() - count].to_owned() + &"z".repeat(count);
            assert_eq!(closest(&wrong(slips), [word]), Some(word), "{word}");
            assert_eq!(closest(&wrong(slips + 1), [word]), None, "{word}");
        }
        assert_eq!(closest("s4", ["s3"]), None);
    }

    /// Takes a letter off each end in every way there is.
    fn defined_distance(left: &[char], right: &[char]) -> usize {
        let ([left_rest @ .., left_last], [right_rest @ .., right_last]) = (left, right) else {
            return left.len().max(right.len());
        };
        let mut slips = (defined_distance(left_rest, right_rest) + usize::from(left_last != right_last))
            .min(defined_distance(left_rest, right) + 1)
            .min(defined_distance(left, right_rest) + 1);
        if let ([left_rest @ .., left_other], [right_rest @ .., right_other]) = (left_rest, right_rest)
            && left_other == right_last
            && right_other == left_last
        {
            slips = slips.min(defined_distance(left_rest, right_rest) + 1);
        }
        slips
    }

    proptest! {
        #[test]
        fn distance_is_the_same_both_ways(left in "[a-c]{0,8}", right in "[a-c]{0,8}") {
            let (left, right) = (fold(&left), fold(&right));
            prop_assert_eq!(distance(&left, &right, 8), distance(&right, &left, 8));
        }

        /// What is left out to be fast changes no answer.
        #[test]
        fn distance_is_that_of_its_definition(left in "[a-c]{0,8}", right in "[a-c]{0,8}", most in 0..8_usize) {
            let (left, right) = (fold(&left), fold(&right));
            let defined = defined_distance(&left, &right);
            prop_assert_eq!(distance(&left, &right, most), (defined <= most).then_some(defined));
        }

        #[test]
        fn any_word_has_an_answer(word in "\\PC{0,80}") {
            if let Some(found) = closest(&word, FIELDS.iter().copied()) {
                prop_assert!(FIELDS.contains(&found));
            }
        }
    }
}
