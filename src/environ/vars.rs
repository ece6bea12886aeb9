//! An ordered set of variables without repeats, with a fixed place for each name that is known.

use crate::Known;
use std::borrow::Cow;

/// The name of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name<'a> {
    /// One of the numbered names: a caller can look its key up by [`Known::index`].
    Known(Known),
    /// Any other, as it was sent: not empty, without `=` and NUL.
    Other(&'a [u8]),
}

impl<'a> Name<'a> {
    /// The name as bytes.
    pub fn as_bytes(self) -> &'a [u8] {
        match self {
            Name::Known(known) => known.name().as_bytes(),
            Name::Other(name) => name,
        }
    }
}

#[derive(Debug, Clone)]
struct Var<'a> {
    name: Name<'a>,
    /// `None` marks a variable that was taken out; moving the others up would cost more than it saves.
    value: Option<Cow<'a, [u8]>>,
}

/// Variables in the order in which they were first set.
#[derive(Debug, Clone)]
pub(crate) struct Vars<'a> {
    list: Vec<Var<'a>>,
    /// One more than the place in `list` of each known name, 0 for those that are not there.
    places: [u32; Known::COUNT],
}

impl<'a> Vars<'a> {
    /// An empty set with room for `count` variables.
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self { list: Vec::with_capacity(count), places: [0; Known::COUNT] }
    }

    /// The variables that are set.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (Name<'a>, &[u8])> + Clone {
        self.list.iter().filter_map(|var| Some((var.name, var.value.as_deref()?)))
    }

    /// The value of a known variable, if it is set.
    pub(crate) fn get(&self, known: Known) -> Option<&[u8]> {
        self.value(known)?.as_deref()
    }

    /// The value of a known variable as it was sent; `None` also if it is not a slice of the parameters.
    pub(crate) fn sent(&self, known: Known) -> Option<&'a [u8]> {
        match self.value(known)? {
            Some(Cow::Borrowed(value)) => Some(value),
            _ => None,
        }
    }

    /// The value of a known variable unless it is empty, which most servers mean as "none".
    pub(crate) fn filled(&self, known: Known) -> Option<&'a [u8]> {
        self.sent(known).filter(|value| !value.is_empty())
    }

    /// The value of any variable.
    pub(crate) fn find(&self, name: &[u8]) -> Option<&[u8]> {
        match Known::of(name) {
            Some(known) => self.get(known),
            None => self.iter().find(|(other, _)| other.as_bytes() == name).map(|(_, value)| value),
        }
    }

    /// Sets a known variable, in its old place if it has one.
    pub(crate) fn set(&mut self, known: Known, value: impl Into<Cow<'a, [u8]>>) {
        let value = Some(value.into());
        if let Some(place) = self.value_mut(known) {
            *place = value;
            return;
        }
        self.push(known, value);
    }

    /// Appends a known variable that was never set: [`set`](Vars::set) without the search.
    pub(crate) fn push_known(&mut self, known: Known, value: &'a [u8]) {
        debug_assert!(self.value(known).is_none());
        self.push(known, Some(Cow::Borrowed(value)));
    }

    fn push(&mut self, known: Known, value: Option<Cow<'a, [u8]>>) {
        self.list.push(Var { name: Name::Known(known), value });
        if let Some(place) = self.places.get_mut(known.index()) {
            *place = self.list.len() as u32;
        }
    }

    /// Takes a known variable out.
    pub(crate) fn remove(&mut self, known: Known) -> Option<Cow<'a, [u8]>> {
        self.value_mut(known)?.take()
    }

    /// Appends `more` to a known variable, with `between` between the two.
    pub(crate) fn append(&mut self, known: Known, between: &[u8], more: &[u8]) {
        if let Some(Some(value)) = self.value_mut(known) {
            append(value, between, more);
        }
    }

    /// Appends a variable that is not a known one. Repeats are dealt with by [`unite`](Vars::unite).
    pub(crate) fn push_other(&mut self, name: &'a [u8], value: &'a [u8]) {
        self.list.push(Var { name: Name::Other(name), value: Some(Cow::Borrowed(value)) });
    }

    /// Makes one variable of those unknown ones that have the same name: `between` says how two values of that
    /// name are joined, or `None` if the later one counts. `told` hears of each pair.
    pub(crate) fn unite(
        &mut self,
        between: impl Fn(&[u8]) -> Option<&'static [u8]>,
        mut told: impl FnMut(&[u8], &[u8], &[u8]),
    ) {
        for (first, again) in self.repeats() {
            let Some(Var { value, name }) = self.list.get_mut(again) else { continue };
            let (Some(later), name) = (value.take(), *name) else { continue };
            let Some(Var { value: Some(value), .. }) = self.list.get_mut(first) else { continue };
            told(name.as_bytes(), value, &later);
            match between(name.as_bytes()) {
                Some(between) => append(value, between, &later),
                None => *value = later,
            }
        }
    }

    /// Pairs of places: the first variable of a name, and each later one, in order.
    ///
    /// A handful of names is compared pair by pair. More are sorted, since names come from the client: a table
    /// with a hash that the client could guess would let it cost us the square of their number.
    fn repeats(&self) -> Vec<(usize, usize)> {
        const HANDFUL: usize = 24;
        let others = || {
            self.list.iter().enumerate().filter_map(|(place, var)| match var.name {
                Name::Other(name) => Some((name, place)),
                Name::Known(_) => None,
            })
        };
        let mut pairs = Vec::new();
        if others().nth(HANDFUL).is_none() {
            let mut later = others();
            while let Some((name, place)) = later.next_back() {
                if let Some((_, first)) =
                    others().take_while(|(_, p)| *p < place).find(|(other, _)| *other == name)
                {
                    pairs.push((first, place));
                }
            }
            pairs.reverse();
            return pairs;
        }
        let mut sorted: Vec<(&[u8], usize)> = others().collect();
        sorted.sort_unstable();
        for run in sorted.chunk_by(|(one, _), (other, _)| one == other) {
            if let [(_, first), rest @ ..] = run {
                pairs.extend(rest.iter().map(|(_, again)| (*first, *again)));
            }
        }
        pairs
    }

    fn value(&self, known: Known) -> Option<&Option<Cow<'a, [u8]>>> {
        let place = self.places.get(known.index())?.checked_sub(1)?;
        self.list.get(place as usize).map(|var| &var.value)
    }

    fn value_mut(&mut self, known: Known) -> Option<&mut Option<Cow<'a, [u8]>>> {
        let place = self.places.get(known.index())?.checked_sub(1)?;
        self.list.get_mut(place as usize).map(|var| &mut var.value)
    }
}

fn append(value: &mut Cow<'_, [u8]>, between: &[u8], more: &[u8]) {
    let value = value.to_mut();
    value.extend_from_slice(between);
    value.extend_from_slice(more);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(vars: &Vars<'_>) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        vars.iter().map(|(name, value)| (text(name.as_bytes()), text(value))).collect()
    }

    #[test]
    fn a_variable_keeps_its_place_when_it_is_set_again() {
        let mut vars = Vars::with_capacity(0);
        vars.set(Known::PathInfo, b"/a".as_slice());
        vars.push_other(b"CAPNAME", b"x");
        vars.set(Known::PathInfo, b"/b".as_slice());
        assert_eq!(listed(&vars), [("PATH_INFO".into(), "/b".into()), ("CAPNAME".into(), "x".into())]);
        vars.remove(Known::PathInfo);
        assert_eq!(vars.get(Known::PathInfo), None);
        assert_eq!(vars.find(b"CAPNAME"), Some(&b"x"[..]));
        vars.set(Known::PathInfo, b"/c".as_slice());
        assert_eq!(vars.find(b"PATH_INFO"), Some(&b"/c"[..]));
    }

    #[test]
    fn many_names_are_united_like_few() {
        let names: Vec<Vec<u8>> = (0..400).map(|n| format!("N{}", n % 100).into_bytes()).collect();
        for count in [20, 24, 25, 30, 150, 400] {
            let mut vars = Vars::with_capacity(count);
            for (n, name) in names.iter().take(count).enumerate() {
                vars.push_other(if n % 7 == 0 { b"SAME" } else { name }, b"v");
            }
            let mut expected: Vec<(String, String)> = Vec::new();
            for (name, value) in listed(&vars) {
                match expected.iter_mut().find(|(other, _)| *other == name) {
                    Some((_, joined)) => *joined = format!("{joined},{value}"),
                    None => expected.push((name, value)),
                }
            }
            vars.unite(|_| Some(b","), |_, _, _| {});
            assert_eq!(listed(&vars), expected);
        }
    }
}
