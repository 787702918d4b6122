// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IStatusListRegistry} from "../interfaces/IStatusListRegistry.sol";

/// @title Bitstring
/// @notice A bitstring in words of 256 bits: index i is bit `1 << (255 - (i & 255))` of word `i >> 8`, so that
/// the words one after the other are the bitstring, first index leftmost.
library Bitstring {
    /// @dev Sets the bits at `indices` (packed big-endian uint32, strictly increasing, below `capacity`), with one
    /// storage write for each word; reverts when they are malformed.
    function set(
        mapping(uint256 wordIndex => bytes32 word) storage words,
        bytes calldata indices,
        bool value,
        uint32 capacity
    ) internal {
        uint256 length = indices.length;
        if (length == 0 || length % 4 != 0) revert IStatusListRegistry.InvalidIndicesLength(length);
        // They increase, so the last one is the greatest.
        uint256 last = _indexAt(indices, length - 4);
        if (last >= capacity) revert IStatusListRegistry.IndexOutOfRange(last, capacity);

        uint256 previous = _indexAt(indices, 0);
        uint256 wordIndex = previous >> 8;
        bytes32 mask = _bit(previous);
        // No step overflows: offsets stay below the length, shifts within 256 bits.
        unchecked {
            for (uint256 offset = 4; offset < length; offset += 4) {
                uint256 index = _indexAt(indices, offset);
                if (index <= previous) {
                    revert IStatusListRegistry.IndicesNotIncreasing(uint32(previous), uint32(index));
                }
                if (index >> 8 != wordIndex) {
                    _write(words, wordIndex, mask, value);
                    wordIndex = index >> 8;
                    mask = 0;
                }
                mask |= _bit(index);
                previous = index;
            }
        }
        _write(words, wordIndex, mask, value);
    }

    function get(
        mapping(uint256 wordIndex => bytes32 word) storage words,
        uint256 index
    ) internal view returns (bool) {
        return words[index >> 8] & _bit(index) != 0;
    }

    function _write(
        mapping(uint256 wordIndex => bytes32 word) storage words,
        uint256 wordIndex,
        bytes32 mask,
        bool value
    ) private {
        bytes32 word = words[wordIndex];
        words[wordIndex] = value ? word | mask : word & ~mask;
    }

    function _indexAt(bytes calldata indices, uint256 offset) private pure returns (uint256) {
        return uint32(bytes4(indices[offset:offset + 4]));
    }

    function _bit(uint256 index) private pure returns (bytes32) {
        return bytes32(1 << (255 - (index & 255)));
    }
}
