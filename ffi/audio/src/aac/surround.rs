//! Decodes low-complexity AAC of any number of channels (ISO 14496-3, section 4.5.2.1). Symphonia's
//! decoder supports only one or two channels.

use symphonia::core::audio::Channels;

use super::channel::Channel;
use super::filter_bank::FilterBank;
use super::layout::{Layout, Place};
use super::noise::Noise;
use super::program::{Kind, Program};
use super::stereo;
use super::window::Windows;
use crate::bits::BitReader;

pub struct Surround {
    channels: Channels,
    elements: Vec<Decoder>,
    /// Whether the tags of the elements are their numbers in a program configuration.
    has_tags: bool,
    filter_bank: FilterBank,
    noise: Noise,
}

/// The id at the end of a packet.
const END: u32 = 7;

/// Why a packet cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    Damaged,
    Coupling,
}

/// An element of each packet.
struct Decoder {
    place: Place,
    first: Voice,
    second: Option<Voice>,
    /// Whether the current packet contains the element.
    is_present: bool,
}

struct Voice {
    channel: Channel,
    /// Second half of the previous packet.
    overlap: Vec<f32>,
}

impl Surround {
    pub fn new(layout: Layout, sample_rate: u32, has_tags: bool) -> Self {
        let voice =
            || Voice { channel: Channel::new(sample_rate), overlap: vec![0.0; Windows::LONG] };
        let elements = layout.places.into_iter().map(|place| Decoder {
            place,
            first: voice(),
            second: place.second.map(|_| voice()),
            is_present: false,
        });
        Surround {
            channels: layout.channels,
            elements: elements.collect(),
            has_tags,
            filter_bank: FilterBank::new(),
            noise: Noise::new(),
        }
    }

    pub fn channels(&self) -> &Channels {
        &self.channels
    }

    /// Decodes one packet into one plane per channel.
    pub fn decode(&mut self, packet: &[u8], planes: &mut Vec<Vec<f32>>) -> Result<(), Failure> {
        self.elements.iter_mut().for_each(|element| element.is_present = false);
        self.read(&mut BitReader::new(packet))?;
        planes.resize(self.channels.count(), Vec::new());
        for element in &mut self.elements {
            element.synthesize(&mut self.filter_bank, planes);
        }
        Ok(())
    }

    /// Reads all elements of a packet.
    fn read(&mut self, bits: &mut BitReader<'_>) -> Result<(), Failure> {
        let mut index = 0;
        loop {
            let kind = match bits.read(3).unwrap_or(END) {
                0 => Kind::Single,
                1 => Kind::Pair,
                2 => return Err(Failure::Coupling),
                3 => Kind::Low,
                4 => {
                    skip_data(bits).ok_or(Failure::Damaged)?;
                    continue;
                }
                5 => {
                    Program::read(bits).ok_or(Failure::Damaged)?;
                    continue;
                }
                6 => {
                    skip_fill(bits).ok_or(Failure::Damaged)?;
                    continue;
                }
                _ if index == 0 => return Err(Failure::Damaged),
                _ => return Ok(()),
            };
            self.read_element(bits, kind, index).ok_or(Failure::Damaged)?;
            index += 1;
        }
    }

    fn read_element(&mut self, bits: &mut BitReader<'_>, kind: Kind, index: usize) -> Option<()> {
        let tag = bits.read(4)?;
        let element = if self.has_tags {
            let is_it = |element: &&mut Decoder| {
                element.place.element.tag == tag && element.place.element.kind == kind
            };
            self.elements.iter_mut().find(is_it)?
        } else {
            self.elements.get_mut(index)?
        };
        if element.is_present {
            return None;
        }
        let first = &mut element.first.channel;
        match (&mut element.second, kind) {
            (Some(second), Kind::Pair) => {
                let second = &mut second.channel;
                stereo::read_pair(bits, first, second, &mut self.noise)?;
                second.shape();
            }
            // Some encoders write the channel of low frequencies as a single channel.
            (None, Kind::Single | Kind::Low) => first.read(bits, false, &mut self.noise)?,
            _ => return None,
        }
        element.first.channel.shape();
        element.is_present = true;
        Some(())
    }
}

impl Decoder {
    fn synthesize(&mut self, filter_bank: &mut FilterBank, planes: &mut [Vec<f32>]) {
        let voices = [Some(&mut self.first), self.second.as_mut()];
        let indices = [Some(self.place.first), self.place.second];
        for (voice, index) in voices.into_iter().flatten().zip(indices.into_iter().flatten()) {
            if !self.is_present {
                voice.channel.clear();
            }
            if let Some(plane) = planes.get_mut(index) {
                let Voice { channel, overlap } = voice;
                filter_bank.synthesize(&channel.windows, &channel.spectrum, overlap, plane);
            }
        }
    }
}

impl std::fmt::Debug for Surround {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surround").field("channels", &self.channels).finish_non_exhaustive()
    }
}

// --- internal ---

fn skip_data(bits: &mut BitReader<'_>) -> Option<()> {
    let _tag = bits.read(4)?;
    let is_aligned = bits.flag()?;
    let count = match bits.read(8)? {
        255 => 255 + bits.read(8)?,
        count => count,
    };
    if is_aligned {
        bits.align();
    }
    bits.skip(8 * count as usize)
}

/// Skips filler, which may contain the upper band of HE-AAC.
fn skip_fill(bits: &mut BitReader<'_>) -> Option<()> {
    let count = match bits.read(4)? {
        15 => 14 + bits.read(8)?,
        count => count,
    };
    bits.skip(8 * count as usize)
}
