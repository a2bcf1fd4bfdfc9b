//! Points of the earth, in degrees (WGS 84), and the rectangles around them.

/// The earth's mean radius in metres (IUGG); the one of `metres_between` in the migrations.
const RADIUS: f64 = 6_371_008.8;

/// What a rectangle is larger than its circle, in degrees: a tenth of a metre, more than rounding takes.
const MARGIN: f64 = 1e-6;

/// A latitude: -90 to 90 degrees, the north positive.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Latitude(f64);

/// A longitude: -180 to 180 degrees, the east positive.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Longitude(f64);

/// A point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Its latitude.
    pub latitude: Latitude,
    /// Its longitude.
    pub longitude: Longitude,
}

/// Degrees are out of their range.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("must be {min} to {max}")]
pub struct DegreesError {
    /// The smallest number of degrees that is taken.
    pub min: f64,
    /// The largest number of degrees that is taken.
    pub max: f64,
}

/// A part of the map between two latitudes and two longitudes, in degrees, its edges included. It never crosses the
/// antimeridian.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rectangle {
    pub(crate) south: f64,
    pub(crate) north: f64,
    pub(crate) west: f64,
    pub(crate) east: f64,
}

impl Latitude {
    /// The south pole.
    pub const MIN: f64 = -90.0;
    /// The north pole.
    pub const MAX: f64 = 90.0;

    /// Reads untrusted degrees.
    ///
    /// # Errors
    /// They are out of their range, or no number.
    pub fn parse(degrees: f64) -> Result<Self, DegreesError> {
        within(degrees, Self::MIN, Self::MAX).map(Self)
    }

    /// Takes stored degrees.
    pub fn restore(degrees: f64) -> Self {
        Self(degrees)
    }

    /// The degrees.
    pub fn degrees(self) -> f64 {
        self.0
    }
}

impl Longitude {
    /// The antimeridian, from the east.
    pub const MIN: f64 = -180.0;
    /// The antimeridian, from the west.
    pub const MAX: f64 = 180.0;

    /// Reads untrusted degrees.
    ///
    /// # Errors
    /// They are out of their range, or no number.
    pub fn parse(degrees: f64) -> Result<Self, DegreesError> {
        within(degrees, Self::MIN, Self::MAX).map(Self)
    }

    /// Takes stored degrees.
    pub fn restore(degrees: f64) -> Self {
        Self(degrees)
    }

    /// The degrees.
    pub fn degrees(self) -> f64 {
        self.0
    }
}

impl Point {
    /// What holds every point within `radius` metres: a rectangle, and another one where the circle crosses the
    /// antimeridian. A circle around a pole meets every longitude.
    pub(crate) fn rectangles(self, radius: f64) -> (Rectangle, Option<Rectangle>) {
        let (latitude, longitude) = (self.latitude.degrees(), self.longitude.degrees());
        let angle = radius / RADIUS;
        let height = angle.to_degrees() + MARGIN;
        let (south, north) = ((latitude - height).max(Latitude::MIN), (latitude + height).min(Latitude::MAX));
        let all = Rectangle { south, north, west: Longitude::MIN, east: Longitude::MAX };
        if south <= Latitude::MIN || north >= Latitude::MAX {
            return (all, None);
        }
        // A circle is widest not at its centre's latitude but nearer to the pole, where the meridians draw together.
        let width = (angle.sin() / latitude.to_radians().cos()).min(1.0).asin().to_degrees() + MARGIN;
        let (west, east) = (longitude - width, longitude + width);
        match (west < Longitude::MIN, east > Longitude::MAX) {
            (true, true) => (all, None),
            (true, false) => (Rectangle { west: west + 360.0, ..all }, Some(Rectangle { east, ..all })),
            (false, true) => (Rectangle { west, ..all }, Some(Rectangle { east: east - 360.0, ..all })),
            (false, false) => (Rectangle { west, east, ..all }, None),
        }
    }
}

fn within(degrees: f64, min: f64, max: f64) -> Result<f64, DegreesError> {
    // Adding zero makes a negative zero positive: it would be written as another number.
    if (min..=max).contains(&degrees) { Ok(degrees + 0.0) } else { Err(DegreesError { min, max }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(latitude: f64, longitude: f64) -> Point {
        Point { latitude: Latitude::parse(latitude).unwrap(), longitude: Longitude::parse(longitude).unwrap() }
    }

    fn rectangles(centre: Point, radius: f64) -> Vec<Rectangle> {
        let (first, second) = centre.rectangles(radius);
        [first].into_iter().chain(second).collect()
    }

    fn holds(rectangles: &[Rectangle], latitude: f64, longitude: f64) -> bool {
        rectangles
            .iter()
            .any(|part| (part.south..=part.north).contains(&latitude) && (part.west..=part.east).contains(&longitude))
    }

    /// The point `radius` metres from `from` in a direction: the direct problem on a sphere.
    fn towards(from: Point, radius: f64, bearing: f64) -> (f64, f64) {
        let (angle, latitude) = (radius / RADIUS, from.latitude.degrees().to_radians());
        let sine = latitude.sin() * angle.cos() + latitude.cos() * angle.sin() * bearing.cos();
        let x = angle.cos() - latitude.sin() * sine;
        let turn = (bearing.sin() * angle.sin() * latitude.cos()).atan2(x);
        let longitude = (from.longitude.degrees() + turn.to_degrees() + 540.0).rem_euclid(360.0) - 180.0;
        (sine.clamp(-1.0, 1.0).asin().to_degrees(), longitude)
    }

    #[test]
    fn rectangles_hold_the_whole_circle_wherever_it_is() {
        for latitude in [-90.0, -89.9, -60.0, 0.0, 47.4, 80.0, 89.99, 90.0] {
            for longitude in [-180.0, -179.99, -90.0, 0.0, 8.5, 179.9, 180.0] {
                for radius in [1.0, 5_000.0, 300_000.0, 1_000_000.0] {
                    let centre = point(latitude, longitude);
                    let rectangles = rectangles(centre, radius);
                    for step in 0..360 {
                        let (north, east) = towards(centre, radius, f64::from(step).to_radians());
                        assert!(holds(&rectangles, north, east), "{centre:?} {radius} {step}: {north} {east}");
                    }
                }
            }
        }
    }

    #[test]
    fn rectangles_are_cut_at_the_antimeridian_and_hold_little_else() {
        for longitude in [179.95, -179.95] {
            let rectangles = rectangles(point(-17.0, longitude), 20_000.0);
            assert_eq!(rectangles.len(), 2, "{rectangles:?}");
            assert!(rectangles.iter().all(|part| part.west < part.east && part.east - part.west < 0.5));
        }
        assert_eq!(rectangles(point(-17.0, 0.0), 20_000.0).len(), 1);
    }

    #[test]
    fn a_circle_around_a_pole_meets_every_longitude() {
        for latitude in [90.0, 89.99, -89.99] {
            let [all] = rectangles(point(latitude, 10.0), 50_000.0)[..] else { panic!("one rectangle") };
            assert_eq!((all.west, all.east), (-180.0, 180.0));
            assert!(all.north - all.south < 1.0);
        }
    }

    #[test]
    fn degrees_are_bounded_and_have_no_negative_zero() {
        for degrees in [-90.0, 0.0, 47.5, 90.0] {
            assert_eq!(Latitude::parse(degrees).unwrap().degrees(), degrees);
        }
        for degrees in [-90.001, 90.001, f64::NAN, f64::INFINITY] {
            assert_eq!(Latitude::parse(degrees).unwrap_err().to_string(), "must be -90 to 90");
        }
        assert!(Longitude::parse(180.0).is_ok() && Longitude::parse(-180.5).is_err());
        assert!(Latitude::parse(-0.0).unwrap().degrees().is_sign_positive());
    }
}
