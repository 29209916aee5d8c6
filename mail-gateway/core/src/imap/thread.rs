//! THREAD: conversations of a search result (RFC 5256 §3). No recursion: a chain of answers may be as
//! long as a mailbox.

use std::collections::HashMap;

/// What threading looks at.
#[derive(Debug, Clone, Default)]
pub struct Letter {
    /// The number to answer with.
    pub number: u32,
    /// When it was sent; decides the order.
    pub date: i64,
    /// Its id.
    pub message_id: Option<String>,
    /// Its ancestors, oldest first; or what it answers.
    pub references: Vec<String>,
    /// Its base subject.
    pub subject: String,
    /// Whether its subject says that it answers or forwards.
    pub is_reply: bool,
}

/// By subject alone: each conversation is its first letter with all others under it (RFC 5256 §3).
pub fn ordered_subject(mut letters: Vec<Letter>) -> String {
    letters.sort_by(|a, b| (&a.subject, a.date, a.number).cmp(&(&b.subject, b.date, b.number)));
    let mut groups: Vec<&[Letter]> = letters.chunk_by(|a, b| a.subject == b.subject).collect();
    groups.sort_by_key(|group| group.first().map(|letter| (letter.date, letter.number)));
    let mut out = String::new();
    for group in groups {
        let mut numbers = group.iter().map(|letter| letter.number.to_string());
        out.push('(');
        out.push_str(&numbers.next().unwrap_or_default());
        let rest: Vec<String> = numbers.collect();
        match rest.as_slice() {
            [] => {}
            [only] => out.push_str(&format!(" {only}")),
            many => {
                out.push(' ');
                for number in many {
                    out.push_str(&format!("({number})"));
                }
            }
        }
        out.push(')');
    }
    out
}

/// By `References` and `In-Reply-To`, then by subject.
pub fn references(letters: &[Letter]) -> String {
    let mut forest = Forest::default();
    for letter in letters {
        forest.link(letter);
    }
    forest.gather_by_subject();
    forest.written()
}

#[derive(Default)]
struct Node<'a> {
    /// `None`: somebody answered it, but it is not here.
    letter: Option<&'a Letter>,
    parent: Option<usize>,
    children: Vec<usize>,
}

#[derive(Default)]
struct Forest<'a> {
    nodes: Vec<Node<'a>>,
    by_id: HashMap<&'a str, usize>,
}

impl<'a> Forest<'a> {
    fn node(&mut self, id: &'a str) -> usize {
        if let Some(node) = self.by_id.get(id) {
            return *node;
        }
        self.nodes.push(Node::default());
        let node = self.nodes.len() - 1;
        self.by_id.insert(id, node);
        node
    }

    /// Step 1: puts the letter and its ancestors in a line.
    fn link(&mut self, letter: &'a Letter) {
        let mut own = letter.message_id.as_deref().map(|id| self.node(id));
        // Two letters with one id: the second is one of its own.
        if own.and_then(|node| self.nodes.get(node)).is_none_or(|node| node.letter.is_some()) {
            self.nodes.push(Node::default());
            own = Some(self.nodes.len() - 1);
        }
        let Some(own) = own else { return };
        if let Some(node) = self.nodes.get_mut(own) {
            node.letter = Some(letter);
        }
        let mut above: Option<usize> = None;
        for id in &letter.references {
            let node = self.node(id);
            if let Some(parent) = above
                && self.nodes.get(node).is_some_and(|node| node.parent.is_none())
            {
                self.attach(node, parent);
            }
            above = Some(node);
        }
        if let Some(parent) = above {
            self.detach(own);
            self.attach(own, parent);
        }
    }

    /// Puts `child` under `parent` unless that would make a ring.
    fn attach(&mut self, child: usize, parent: usize) {
        let mut at = Some(parent);
        while let Some(node) = at {
            if node == child {
                return;
            }
            at = self.nodes.get(node).and_then(|node| node.parent);
        }
        if let Some(node) = self.nodes.get_mut(child) {
            node.parent = Some(parent);
        }
        if let Some(node) = self.nodes.get_mut(parent) {
            node.children.push(child);
        }
    }

    fn detach(&mut self, child: usize) {
        let parent = self.nodes.get_mut(child).and_then(|node| node.parent.take());
        if let Some(node) = parent.and_then(|parent| self.nodes.get_mut(parent)) {
            node.children.retain(|other| *other != child);
        }
    }

    fn roots(&self) -> Vec<usize> {
        (0..self.nodes.len())
            .filter(|n| self.nodes.get(*n).is_some_and(|node| node.parent.is_none()))
            .collect()
    }

    fn children(&self, node: usize) -> &[usize] {
        self.nodes.get(node).map(|node| node.children.as_slice()).unwrap_or_default()
    }

    fn letter(&self, node: usize) -> Option<&'a Letter> {
        self.nodes.get(node).and_then(|node| node.letter)
    }

    /// The letters below `nodes`, those that are not here replaced by their children (step 3).
    fn present(&self, nodes: &[usize]) -> Vec<usize> {
        let mut found = Vec::new();
        let mut stack: Vec<usize> = nodes.iter().rev().copied().collect();
        while let Some(node) = stack.pop() {
            if self.letter(node).is_some() {
                found.push(node);
            } else {
                stack.extend(self.children(node).iter().rev());
            }
        }
        found.sort_by_key(|node| self.letter(*node).map(|letter| (letter.date, letter.number)));
        found
    }

    /// Step 5: conversations that only their subject holds together.
    fn gather_by_subject(&mut self) {
        let mut by_subject: HashMap<&'a str, usize> = HashMap::new();
        let mut roots: Vec<(usize, &'a Letter)> = self
            .roots()
            .into_iter()
            .filter_map(|root| {
                let first = self.present(&[root]).first().copied()?;
                Some((root, self.letter(first)?))
            })
            .collect();
        roots.sort_by_key(|(_, letter)| (letter.is_reply, letter.date, letter.number));
        for (root, letter) in roots {
            if letter.subject.is_empty() {
                continue;
            }
            match by_subject.get(letter.subject.as_str()).copied() {
                None => {
                    by_subject.insert(&letter.subject, root);
                }
                // An answer goes under the first letter of its subject.
                Some(first) if letter.is_reply && self.letter(first).is_some() => self.attach(root, first),
                Some(first) => {
                    let together = if self.letter(first).is_none() {
                        first
                    } else {
                        self.nodes.push(Node::default());
                        let together = self.nodes.len() - 1;
                        self.attach(first, together);
                        by_subject.insert(&letter.subject, together);
                        together
                    };
                    self.attach(root, together);
                }
            }
        }
    }

    fn written(&self) -> String {
        let mut roots: Vec<(usize, Vec<usize>)> =
            self.roots().into_iter().map(|root| (root, self.present(&[root]))).collect();
        roots.retain(|(_, present)| !present.is_empty());
        roots.sort_by_key(|(_, present)| {
            present.first().and_then(|first| self.letter(*first)).map(|letter| (letter.date, letter.number))
        });
        let mut out = String::new();
        for (_, present) in roots {
            out.push('(');
            if let [only] = present.as_slice() {
                self.branch(&mut out, *only);
            } else {
                for node in present {
                    out.push('(');
                    self.branch(&mut out, node);
                    out.push(')');
                }
            }
            out.push(')');
        }
        out
    }

    /// `1 2 (3)(4 5)` from `node` down.
    fn branch(&self, out: &mut String, node: usize) {
        enum Step {
            Open,
            Node(usize),
            Close,
        }
        let mut stack = vec![Step::Node(node)];
        while let Some(step) = stack.pop() {
            let node = match step {
                Step::Node(node) => node,
                Step::Open => {
                    out.push('(');
                    continue;
                }
                Step::Close => {
                    out.push(')');
                    continue;
                }
            };
            if let Some(letter) = self.letter(node) {
                out.push_str(&letter.number.to_string());
            }
            let below = self.present(self.children(node));
            if below.is_empty() {
                continue;
            }
            out.push(' ');
            if let [only] = below.as_slice() {
                stack.push(Step::Node(*only));
                continue;
            }
            for node in below.iter().rev() {
                stack.extend([Step::Close, Step::Node(*node), Step::Open]);
            }
        }
    }
}
