//! "Did you mean": the nearest of some known words.

/// Longer words are not compared, so that foreign text cannot make the comparison slow.
const LONGEST_WORD: usize = 64;

/// The candidate nearest to `word`, when it is near enough to be meant and no other is as near.
///
/// Letters count the same in either case, and so do `-` and `_` left out. Near enough is one slip (a letter missing,
/// added, wrong, or two swapped) for each three characters, at most three slips; or the word is the
/// beginning of the candidate and of no other (`credentialsSecret` for `credentialsSecretRef`).
pub fn closest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if word.is_empty() || word.len() > LONGEST_WORD {
        return None;
    }
    let folded = fold(word);
    let bound = (folded.len() / 3).clamp(1, 3);
    let mut best: Option<(usize, &str)> = None;
    let mut tie = false;
    for candidate in candidates {
        if candidate.len() > LONGEST_WORD || candidate == word {
            continue;
        }
        let candidate_folded = fold(candidate);
        let is_beginning = folded.len() >= 5 && candidate_folded.starts_with(&folded);
        let distance = distance(&folded, &candidate_folded);
        let distance = if is_beginning { distance.min(bound) } else { distance };
        if distance > bound || distance >= folded.len().max(1) {
            continue;
        }
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

fn fold(word: &str) -> Vec<char> {
    word.chars()
        .filter(|next| !matches!(next, '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// The number of slips between two words: Damerau-Levenshtein, where swapped neighbours count as one.
fn distance(left: &[char], right: &[char]) -> usize {
    let width = right.len() + 1;
    let mut before_previous = vec![0; width];
    let mut previous: Vec<usize> = (0..width).collect();
    for (row, left_character) in left.iter().enumerate() {
        let mut current = vec![row + 1; width];
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
        before_previous = std::mem::replace(&mut previous, current);
    }
    previous[right.len()]
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
        assert_eq!(distance(&folded("scheduel"), &folded("schedule")), 1);
        assert_eq!(distance(&folded("kitten"), &folded("sitting")), 3);
        assert_eq!(distance(&folded(""), &folded("abc")), 3);
    }

    proptest! {
        #[test]
        fn distance_is_the_same_both_ways(left in "[a-c]{0,8}", right in "[a-c]{0,8}") {
            let (left, right) = (fold(&left), fold(&right));
            prop_assert_eq!(distance(&left, &right), distance(&right, &left));
        }

        #[test]
        fn any_word_has_an_answer(word in "\\PC{0,80}") {
            if let Some(found) = closest(&word, FIELDS.iter().copied()) {
                prop_assert!(FIELDS.contains(&found));
            }
        }
    }
}
