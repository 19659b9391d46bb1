//! Two YAML objects side by side: which lines were added, which taken away.

/// The lines of the stored `spec`, each with `+`, `-` or a blank in front.
pub(super) fn of_specs(sent: &str, stored: &str) -> String {
    let (sent, stored) = (spec(sent), spec(stored));
    let mut text = String::new();
    let mut push = |sign: char, line: &str| {
        text.push(sign);
        text.push(' ');
        text.push_str(line);
        text.push('\n');
    };
    let common = common_suffixes(&sent, &stored);
    let (mut left, mut right) = (0, 0);
    while left < sent.len() || right < stored.len() {
        if left < sent.len() && right < stored.len() && sent[left] == stored[right] {
            push(' ', sent[left]);
            (left, right) = (left + 1, right + 1);
        } else if right < stored.len() && (left == sent.len() || common[left][right + 1] >= common[left + 1][right]) {
            push('+', stored[right]);
            right += 1;
        } else {
            push('-', sent[left]);
            left += 1;
        }
    }
    text
}

/// The lines from `spec:` to the next key of the object.
fn spec(yaml: &str) -> Vec<&str> {
    let from_spec = yaml.lines().skip_while(|line| *line != "spec:");
    from_spec
        .take_while(|line| *line == "spec:" || line.starts_with([' ', '-']))
        .collect()
}

/// The length of the longest common part of what begins at each pair of lines.
fn common_suffixes(left: &[&str], right: &[&str]) -> Vec<Vec<usize>> {
    let mut lengths = vec![vec![0; right.len() + 1]; left.len() + 1];
    for row in (0..left.len()).rev() {
        for column in (0..right.len()).rev() {
            lengths[row][column] = if left[row] == right[column] {
                lengths[row + 1][column + 1] + 1
            } else {
                lengths[row + 1][column].max(lengths[row][column + 1])
            };
        }
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn additions_and_removals_stand_where_they_belong() {
        let sent = "kind: A\nspec:\n  a: 1\n  b: 2\n  c: 3\n";
        let stored = "metadata: {}\nspec:\n  a: 1\n  n: 0\n  c: 3\nstatus: {}\n";
        assert_eq!(
            of_specs(sent, stored),
            "  spec:\n    a: 1\n+   n: 0\n-   b: 2\n    c: 3\n"
        );
    }

    #[test]
    fn what_is_equal_has_no_signs() {
        assert_eq!(
            of_specs("spec:\n  a: 1\n", "spec:\n  a: 1\nstatus:\n  b: 2\n"),
            "  spec:\n    a: 1\n"
        );
    }
}
