//! As much of XML Schema as `junit-10.xsd` uses. Whatever else a schema says is a panic, so that nothing passes unjudged.

use std::collections::BTreeMap;

use roxmltree::Node;

/// A schema whose elements and types are looked up by name.
pub(crate) struct Schema<'x> {
    elements: BTreeMap<&'x str, Node<'x, 'x>>,
    types: BTreeMap<&'x str, Node<'x, 'x>>,
    /// Attributes that are allowed beside those of the schema: element and name.
    extensions: &'x [(&'x str, &'x str)],
}

impl<'x> Schema<'x> {
    pub(crate) fn new(document: &'x roxmltree::Document<'x>, extensions: &'x [(&'x str, &'x str)]) -> Self {
        let (mut elements, mut types) = (BTreeMap::new(), BTreeMap::new());
        for child in elements_of(document.root_element()) {
            let name = child.attribute("name").unwrap();
            let previous = match child.tag_name().name() {
                "element" => elements.insert(name, child),
                "complexType" | "simpleType" => types.insert(name, child),
                other => panic!("the schema has a {other}"),
            };
            assert!(previous.is_none(), "{name} is declared twice");
        }
        Self {
            elements,
            types,
            extensions,
        }
    }

    /// The first fault of a document whose root has this name.
    pub(crate) fn validate(&self, document: &roxmltree::Document<'_>, root: &str) -> Result<(), String> {
        let element = document.root_element();
        if element.tag_name().name() != root {
            return Err(format!("the root is <{}>", element.tag_name().name()));
        }
        self.element(self.elements[root], element)
    }

    fn element(&self, declaration: Node<'x, 'x>, element: Node<'_, '_>) -> Result<(), String> {
        match declaration.attribute("type") {
            Some("xs:string") => text_only(element),
            Some(name) => self.complex(self.types[name], element),
            None => self.complex(elements_of(declaration).next().unwrap(), element),
        }
    }

    fn complex(&self, model: Node<'x, 'x>, element: Node<'_, '_>) -> Result<(), String> {
        assert_eq!(model.tag_name().name(), "complexType");
        let name = element.tag_name().name();
        let is_text = |child: Node<'_, '_>| child.is_text() && !child.text().unwrap_or_default().trim().is_empty();
        if model.attribute("mixed") != Some("true") && element.children().any(is_text) {
            return Err(format!("<{name}> holds text"));
        }
        let (attributes, particles): (Vec<_>, Vec<_>) =
            elements_of(model).partition(|part| part.tag_name().name() == "attribute");
        self.attributes(&attributes, element)?;
        let children: Vec<Node<'_, '_>> = elements_of(element).collect();
        let mut taken = 0;
        for particle in particles {
            self.particle(particle, &children, &mut taken)?;
        }
        match children.get(taken) {
            Some(child) => Err(format!("<{name}> holds <{}> there", child.tag_name().name())),
            None => Ok(()),
        }
    }

    fn attributes(&self, declared: &[Node<'x, 'x>], element: Node<'_, '_>) -> Result<(), String> {
        let name = element.tag_name().name();
        for attribute in declared {
            let known = attribute.attribute("name").unwrap();
            let value = element.attribute(known);
            if attribute.attribute("use") == Some("required") && value.is_none() {
                return Err(format!("<{name}> has no {known}"));
            }
            assert!(
                value.is_none() || attribute.attribute("type") == Some("xs:string"),
                "the type of {known} is not judged here"
            );
        }
        for given in element.attributes() {
            let is_declared = declared.iter().any(|one| one.attribute("name") == Some(given.name()));
            if !is_declared && !self.extensions.contains(&(name, given.name())) {
                return Err(format!("<{name}> has no attribute {}", given.name()));
            }
        }
        Ok(())
    }

    /// Takes as many children as the particle allows. XML Schema sees to it that the first that fits is the right one.
    fn particle(&self, particle: Node<'x, 'x>, children: &[Node<'_, '_>], taken: &mut usize) -> Result<(), String> {
        let occurs = |name: &str| match particle.attribute(name) {
            None => 1,
            Some("unbounded") => usize::MAX,
            Some(number) => number.parse().unwrap(),
        };
        let mut times = 0;
        while times < occurs("maxOccurs") {
            let before = *taken;
            self.once(particle, children, taken)?;
            if *taken == before {
                break;
            }
            times += 1;
        }
        if times < occurs("minOccurs") && particle.tag_name().name() == "element" {
            return Err(format!("{particle:?} is missing"));
        }
        Ok(())
    }

    fn once(&self, particle: Node<'x, 'x>, children: &[Node<'_, '_>], taken: &mut usize) -> Result<(), String> {
        match particle.tag_name().name() {
            "sequence" => elements_of(particle).try_for_each(|part| self.particle(part, children, taken)),
            "choice" => {
                let before = *taken;
                let begins = |alternative: &Node<'x, 'x>| {
                    let next = children.get(before);
                    next.is_some_and(|child| child.tag_name().name() == name_of(*alternative))
                };
                match elements_of(particle).find(begins) {
                    Some(alternative) => self.particle(alternative, children, taken),
                    None => Ok(()),
                }
            }
            "element" => {
                let name = name_of(particle);
                let Some(child) = children.get(*taken).filter(|child| child.tag_name().name() == name) else {
                    return Ok(());
                };
                let declaration = particle.attribute("ref").map_or(particle, |name| self.elements[name]);
                *taken += 1;
                self.element(declaration, *child)
            }
            other => panic!("the schema has a {other}"),
        }
    }
}

/// The name that an element of the content has.
fn name_of<'x>(particle: Node<'x, '_>) -> &'x str {
    particle.attribute("ref").or(particle.attribute("name")).unwrap()
}

fn text_only(element: Node<'_, '_>) -> Result<(), String> {
    let name = element.tag_name().name();
    match (elements_of(element).next(), element.attributes().next()) {
        (None, None) => Ok(()),
        _ => Err(format!("<{name}> holds more than text")),
    }
}

fn elements_of<'x, 'i>(node: Node<'x, 'i>) -> impl Iterator<Item = Node<'x, 'i>> {
    node.children().filter(Node::is_element)
}
