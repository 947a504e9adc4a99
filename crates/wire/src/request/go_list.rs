//! A Go slice while a body is read into it.

/// Of a list that comes again Go goes on with what stood in a place, and a shorter one hides the places behind its end
/// without emptying them: a third one that is longer finds them again. An empty list and `null` let go of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GoList<T> {
    places: Vec<T>,
    length: usize,
}

impl<T> Default for GoList<T> {
    fn default() -> Self {
        Self { places: Vec::new(), length: 0 }
    }
}

impl<T> From<Vec<T>> for GoList<T> {
    fn from(places: Vec<T>) -> Self {
        Self { length: places.len(), places }
    }
}

impl<T> GoList<T> {
    /// The places of a list that comes with so many elements, with what stands in them.
    pub fn comes_with(&mut self, length: usize) -> &mut [T]
    where
        T: Default,
    {
        if length == 0 {
            self.clear();
        }
        if self.places.len() < length {
            self.places.resize_with(length, T::default);
        }
        self.length = length;
        &mut self.places[..length]
    }

    /// None at all.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether the last one that came was empty.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// What the last one left.
    pub fn as_slice(&self) -> &[T] {
        &self.places[..self.length]
    }

    /// The same, taken out.
    pub fn into_vec(mut self) -> Vec<T> {
        self.places.truncate(self.length);
        self.places
    }
}

#[cfg(test)]
mod tests {
    use super::super::register_service;

    /// What Consul 1.21.4 made of the same bodies.
    #[test]
    fn a_third_list_finds_what_the_second_hid() {
        let tags = |lists: &str| {
            let read = register_service(format!(r#"{{"Name":"t",{lists}}}"#).as_bytes()).unwrap();
            read.service.tags.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let four = r#""Tags":["a","b","c"],"Tags":["d"],"Tags":[null,null,null,null]"#;
        assert_eq!(tags(four), ["d", "b", "c", ""]);
        assert_eq!(tags(r#""Tags":["a","b","c"],"Tags":["d"]"#), ["d"]);
        for emptied in ["[]", "null"] {
            assert_eq!(tags(&format!(r#""Tags":["a","b"],"Tags":{emptied},"Tags":[null,null]"#)), ["", ""]);
        }
        let body = br#"{"Name":"w","Checks":[{"CheckID":"a","TTL":"1s"},{"CheckID":"b","TTL":"2s","Notes":"nb"}],
            "Checks":[{"CheckID":"c"}],"Checks":[{},{"Status":"passing"}]}"#;
        let checks = register_service(body).unwrap().checks;
        let ids: Vec<_> = checks.iter().map(|check| check.id.as_ref().unwrap().as_str()).collect();
        assert_eq!((ids.as_slice(), &*checks[1].notes), (&["c", "b"][..], "nb"));
    }
}
