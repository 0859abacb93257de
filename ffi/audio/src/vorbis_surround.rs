//! Decodes Vorbis with more than two channels with the library lewton. Symphonia's decoder has two
//! errors with such files: it undoes channel coupling in the wrong order, and it mixes up the
//! residue classes of channels without coupling.

use lewton::audio::{PreviousWindowRight, read_audio_packet_generic};
use lewton::header::{IdentHeader, SetupHeader, read_header_ident, read_header_setup};
use symphonia::core::audio::Channels;

use crate::container::channel_layout;
use crate::status::{Error, Result};

pub struct VorbisSurround {
    identification: IdentHeader,
    setup: SetupHeader,
    previous: PreviousWindowRight,
    channels: Channels,
}

impl VorbisSurround {
    /// Creates a decoder. `config` contains the identification header and then the setup header.
    pub fn new(config: &[u8]) -> Result<Self> {
        let header = |name: &[u8]| {
            let at = config.windows(name.len()).position(|bytes| bytes == name);
            at.and_then(|at| config.get(at..)).unwrap_or_default()
        };
        let damaged =
            |reason| Error::invalid(format_args!("its Vorbis header is damaged ({reason})"));
        let identification =
            read_header_ident(header(b"\x01vorbis")).map_err(|error| damaged(error.to_string()))?;
        let block_sizes = (identification.blocksize_0, identification.blocksize_1);
        let channels = identification.audio_channels;
        let setup = read_header_setup(header(b"\x05vorbis"), channels, block_sizes)
            .map_err(|error| damaged(error.to_string()))?;
        let layout = match channels {
            3 => "L C R",
            4 => "L R Rls Rrs",
            5 => "L C R Rls Rrs",
            6 => "L C R Rls Rrs LFE",
            7 => "L C R Ls Rs Cs LFE",
            8 => "L C R Ls Rs Rls Rrs LFE",
            _ => {
                return Err(Error::unsupported(format_args!(
                    "Vorbis with {channels} channels (1 to 8 are decoded)"
                )));
            }
        };
        let channels = channel_layout::ordered(layout);
        Ok(VorbisSurround { identification, setup, previous: PreviousWindowRight::new(), channels })
    }

    pub fn channels(&self) -> &Channels {
        &self.channels
    }

    /// Decodes one packet into one plane per channel.
    pub fn decode(
        &mut self,
        packet: &[u8],
        planes: &mut Vec<Vec<f32>>,
    ) -> std::result::Result<(), lewton::audio::AudioReadError> {
        *planes = read_audio_packet_generic(
            &self.identification,
            &self.setup,
            packet,
            &mut self.previous,
        )?;
        Ok(())
    }
}

impl std::fmt::Debug for VorbisSurround {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VorbisSurround").field("channels", &self.channels).finish_non_exhaustive()
    }
}
